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

YamlPlace place_of(const std::string& name, const YAML::Mark& mark) {
  if (mark.is_null()) return {.file = name};
  return {.file = name,
          .line = static_cast<std::size_t>(mark.line) + 1,
          .column = static_cast<std::size_t>(mark.column) + 1};
}

/// Throws `FileError` for what stands at `mark`.
[[noreturn]] void fail_at(const std::string& name, const YAML::Mark& mark,
                          std::string_view message) {
  place_of(name, mark).complain(message);
}

std::string shown(const YAML::Node& node) {
  if (node.IsScalar()) return in_quotes(node.Scalar());
  if (node.IsSequence()) return node.size() == 0 ? "an empty list" : "a list";
  if (node.IsMap()) return node.size() == 0 ? "an empty map" : "a map";
  return "nothing";
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
  YAML::Mark last;

  void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
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

/// Where what follows the first document begins; nothing where nothing does. (`YAML::LoadAll` never
/// ends on some texts, and `YAML::Load` ignores what follows.)
std::optional<YAML::Mark> second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStarts starts;
  const bool second = parser.HandleNextDocument(starts) && parser.HandleNextDocument(starts);
  return second ? std::optional(starts.last) : std::nullopt;
}

std::string from_to(double least, double largest) {
  return "from " + readable_text(least) + " to " + readable_text(largest);
}

}  // namespace

void YamlPlace::complain(std::string_view message) const {
  if (line == 0) throw FileError(file, 0, message);
  throw FileError(file, line, column, message);
}

struct YamlMap::Impl {
  std::string name;
  YAML::Node node;
  std::set<std::string, std::less<>> asked;
  std::set<std::string, std::less<>> optional;  ///< whether they are there was asked

  Impl(std::string file, YAML::Node map) : name(std::move(file)), node(std::move(map)) {
    if (!node.IsMap()) {
      fail_at(name, node.Mark(), "holds no keys with values here; needed is a YAML map");
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        fail_at(name, entry.first.Mark(), "has a key that is no word; allowed are words");
      }
      if (!seen.insert(entry.first.Scalar()).second) {
        fail_at(name, entry.first.Mark(),
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
      fail_at(name, node.Mark(), "lacks " + in_quotes(key) + "; it is needed here");
    }
    return value;
  }

  static std::optional<double> number_in(const YAML::Node& value, double least, double largest) {
    const auto number = value.IsScalar() ? parse_number(value.Scalar()) : std::nullopt;
    return number && *number >= least && *number <= largest ? number : std::nullopt;
  }

  /// The items of a list, or the single value that stands for one.
  std::vector<YAML::Node> list(std::string_view key, const YamlMap& map, std::string_view allowed) {
    const YAML::Node value = get(key);
    if (value.IsScalar()) return {value};
    if (!value.IsSequence() || value.size() == 0) map.fail(key, allowed);
    return {value.begin(), value.end()};
  }

  [[noreturn]] void fail_item(std::string_view key, const YAML::Node& item,
                              std::string_view allowed) const {
    fail_at(name, item.Mark(),
            std::string(key) + " has " + shown(item) + "; allowed is " + std::string(allowed));
  }
};

YamlMap::YamlMap(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
YamlMap::~YamlMap() = default;
YamlMap::YamlMap(YamlMap&&) noexcept = default;
YamlMap& YamlMap::operator=(YamlMap&&) noexcept = default;

YamlMap YamlMap::parse(const std::string& name, const std::string& text) {
  try {
    if (const auto second = second_document(text)) {
      fail_at(name, *second, "goes on after the end of its first document; allowed is one");
    }
    return YamlMap(std::make_unique<Impl>(name, YAML::Load(text)));
  } catch (const YAML::Exception& error) {
    fail_at(name, error.mark, printable(error.msg) + "; allowed is well-formed YAML");
  }
}

bool YamlMap::has(std::string_view key) const {
  impl_->optional.emplace(key);
  return impl_->find(key).IsDefined();
}

std::string YamlMap::text(std::string_view key, std::string_view allowed) {
  const YAML::Node value = impl_->get(key);
  if (!value.IsScalar() || value.Scalar().empty()) fail(key, allowed);
  return value.Scalar();
}

double YamlMap::number(std::string_view key, double least, double largest) {
  const auto number = impl_->number_in(impl_->get(key), least, largest);
  if (!number) fail(key, "a number " + from_to(least, largest));
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

std::vector<YamlMap> YamlMap::maps(std::string_view key) {
  const YAML::Node list = impl_->get(key);
  std::vector<YamlMap> maps;
  if (list.IsMap()) {
    maps.push_back(YamlMap(std::make_unique<Impl>(impl_->name, list)));
    return maps;
  }
  if (!list.IsSequence() || list.size() == 0) fail(key, "a map, or a list of maps, at least one");
  for (const YAML::Node& map : list) {
    maps.push_back(YamlMap(std::make_unique<Impl>(impl_->name, map)));
  }
  return maps;
}

std::vector<std::string> YamlMap::texts(std::string_view key) {
  constexpr std::string_view kAllowed = "a word, or a list of words, at least one";
  std::vector<std::string> texts;
  for (const YAML::Node& value : impl_->list(key, *this, kAllowed)) {
    if (!value.IsScalar() || value.Scalar().empty()) impl_->fail_item(key, value, kAllowed);
    texts.push_back(value.Scalar());
  }
  return texts;
}

std::vector<double> YamlMap::numbers(std::string_view key, double least, double largest) {
  const std::string allowed = "a number " + from_to(least, largest) + ", or a list of such";
  std::vector<double> numbers;
  for (const YAML::Node& value : impl_->list(key, *this, allowed)) {
    const auto number = Impl::number_in(value, least, largest);
    if (!number) impl_->fail_item(key, value, allowed);
    numbers.push_back(*number);
  }
  return numbers;
}

std::vector<std::string> YamlMap::keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : impl_->node) keys.push_back(entry.first.Scalar());
  return keys;
}

void YamlMap::done() const {
  for (const auto& entry : impl_->node) {
    if (impl_->asked.contains(entry.first.Scalar())) continue;
    std::string allowed;
    impl_->optional.insert(impl_->asked.begin(), impl_->asked.end());
    for (const std::string& key : impl_->optional) {
      if (key != entry.first.Scalar()) allowed += (allowed.empty() ? "" : ", ") + key;
    }
    fail_at(impl_->name, entry.first.Mark(),
            in_quotes(entry.first.Scalar()) + " is not known here; allowed are " + allowed);
  }
}

void YamlMap::fail(std::string_view key, std::string_view allowed) const {
  const YAML::Node value = impl_->find(key);
  fail_at(impl_->name, value.Mark(),
          std::string(key) + " is " + shown(value) + "; allowed is " + std::string(allowed));
}

void YamlMap::complain(std::string_view key, std::string_view message) const {
  place(key).complain(message);
}

YamlPlace YamlMap::place(std::string_view key) const {
  const YAML::Node value = impl_->find(key);
  return place_of(impl_->name, (value.IsDefined() ? value : impl_->node).Mark());
}

}  // namespace dysta
