#include "dysta/io/yaml.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta {
namespace {

std::size_t line_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? 0 : static_cast<std::size_t>(mark.line) + 1;
}

/// What the parser says may repeat what it met, whatever byte that is.
std::string printable(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c == 0x7f) c = '?';
  }
  return text;
}

/// Where documents begin.
class DocumentStarts final : public YAML::EventHandler {
 public:
  std::size_t last_line = 0;

  void OnDocumentStart(const YAML::Mark& mark) override {
    last_line = static_cast<std::size_t>(std::max(0, mark.line)) + 1;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// The line of what follows the first document; 0 where nothing does. (`YAML::LoadAll` never ends
/// on some texts, and `YAML::Load` ignores what follows.)
std::size_t second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStarts starts;
  return parser.HandleNextDocument(starts) && parser.HandleNextDocument(starts) ? starts.last_line
                                                                                : 0;
}

std::string from_to(double least, double largest) {
  return "from " + readable_text(least) + " to " + readable_text(largest);
}

}  // namespace

struct YamlMap::Impl {
  std::string name;
  YAML::Node node;
  std::set<std::string, std::less<>> asked;

  Impl(std::string file, YAML::Node map) : name(std::move(file)), node(std::move(map)) {
    if (!node.IsMap()) {
      throw FileError(name, line_of(node), "holds no keys with values here; needed is a YAML map");
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        throw FileError(name, line_of(entry.first), "has a key that is no word; allowed are words");
      }
      if (!seen.insert(entry.first.Scalar()).second) {
        throw FileError(name, line_of(entry.first),
                        in_quotes(entry.first.Scalar()) + " stands twice; allowed is once");
      }
    }
  }

  YAML::Node find(std::string_view key) const {
    for (const auto& entry : node) {
      if (entry.first.Scalar() == key) return entry.second;
    }
    return YAML::Node(YAML::NodeType::Undefined);
  }

  YAML::Node get(std::string_view key) {
    asked.emplace(key);
    const YAML::Node value = find(key);
    if (!value.IsDefined()) {
      throw FileError(name, line_of(node), "lacks " + in_quotes(key) + "; it is needed here");
    }
    return value;
  }
};

YamlMap::YamlMap(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
YamlMap::~YamlMap() = default;
YamlMap::YamlMap(YamlMap&&) noexcept = default;
YamlMap& YamlMap::operator=(YamlMap&&) noexcept = default;

YamlMap YamlMap::parse(const std::string& name, const std::string& text) {
  try {
    if (const std::size_t line = second_document(text); line > 0) {
      throw FileError(name, line, "goes on after the end of its first document; allowed is one");
    }
    return YamlMap(std::make_unique<Impl>(name, YAML::Load(text)));
  } catch (const YAML::Exception& error) {
    throw FileError(name, error.mark.is_null() ? 0 : static_cast<std::size_t>(error.mark.line) + 1,
                    printable(error.msg) + "; allowed is well-formed YAML");
  }
}

bool YamlMap::has(std::string_view key) const { return impl_->find(key).IsDefined(); }

std::string YamlMap::text(std::string_view key) {
  const YAML::Node value = impl_->get(key);
  if (!value.IsScalar() || value.Scalar().empty()) fail(key, "a word");
  return value.Scalar();
}

double YamlMap::number(std::string_view key, double least, double largest) {
  const YAML::Node value = impl_->get(key);
  const auto number = value.IsScalar() ? parse_number(value.Scalar()) : std::nullopt;
  if (!number || *number < least || *number > largest) {
    fail(key, "a number " + from_to(least, largest));
  }
  return *number;
}

double YamlMap::positive(std::string_view key, double largest) {
  const YAML::Node value = impl_->get(key);
  const auto number = value.IsScalar() ? parse_number(value.Scalar()) : std::nullopt;
  if (!number || !(*number > 0) || *number > largest) {
    fail(key, "a number greater than 0 and at most " + readable_text(largest));
  }
  return *number;
}

int YamlMap::whole(std::string_view key, int least, int largest) {
  const YAML::Node value = impl_->get(key);
  const auto number = value.IsScalar() ? parse_number(value.Scalar()) : std::nullopt;
  if (!number || *number < least || *number > largest || *number != std::floor(*number)) {
    fail(key, "a whole number " + from_to(least, largest));
  }
  return static_cast<int>(*number);
}

bool YamlMap::flag(std::string_view key) {
  const std::string word = text(key);
  if (word != "true" && word != "false") fail(key, "true or false");
  return word == "true";
}

YamlMap YamlMap::map(std::string_view key) {
  return YamlMap(std::make_unique<Impl>(impl_->name, impl_->get(key)));
}

void YamlMap::done() const {
  for (const auto& entry : impl_->node) {
    if (impl_->asked.contains(entry.first.Scalar())) continue;
    std::string allowed;
    for (const std::string& key : impl_->asked) allowed += (allowed.empty() ? "" : ", ") + key;
    throw FileError(impl_->name, line_of(entry.first),
                    in_quotes(entry.first.Scalar()) + " is not known here; allowed are " + allowed);
  }
}

void YamlMap::fail(std::string_view key, std::string_view allowed) const {
  const YAML::Node value = impl_->find(key);
  const std::string is = value.IsScalar() ? in_quotes(value.Scalar()) : "no single value";
  throw FileError(impl_->name, line_of(value),
                  std::string(key) + " is " + is + "; allowed is " + std::string(allowed));
}

}  // namespace dysta
