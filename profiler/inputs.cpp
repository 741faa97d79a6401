#include "inputs.hpp"

#include <algorithm>
#include <filesystem>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/digest.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta::profiler {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestToken = 100'000'000;
constexpr std::size_t kLongestSequence = 1U << 20;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return text;
}

std::vector<std::string> pictures_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string extension = lower(entry->path().extension().string());
    if (extension == ".jpg" || extension == ".jpeg" || extension == ".png") {
      files.push_back(entry->path().string());
    }
  }
  if (error) throw FileError(folder, 0, "cannot be listed: " + error.message());
  if (files.empty()) {
    throw FileError(folder, 0, "has no pictures in it; needed are .jpg, .jpeg or .png files");
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::vector<std::int64_t>> read_sequences(const std::string& path) {
  const std::string text = read_file(path);
  std::vector<std::vector<std::int64_t>> sequences;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    ++line;
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::vector<std::int64_t> tokens;
    for (std::size_t i = begin; i < end;) {
      const std::size_t word = std::min(text.find_first_not_of(" \t\r", i), end);
      i = std::min(text.find_first_of(" \t\r", word), end);
      if (word == end) break;
      const auto token = parse_whole(std::string_view(text).substr(word, i - word));
      if (!token || *token > kLargestToken) {
        throw FileError(path, line,
                        "has a token " + in_quotes(text.substr(word, i - word)) +
                            "; allowed are whole numbers from 0");
      }
      tokens.push_back(static_cast<std::int64_t>(*token));
    }
    begin = end + 1;
    if (tokens.empty()) continue;
    if (tokens.size() > kLongestSequence) {
      throw FileError(
          path, line,
          "has " + std::to_string(tokens.size()) + " tokens; allowed are at most 1048576");
    }
    sequences.push_back(std::move(tokens));
  }
  if (sequences.empty()) {
    throw FileError(path, 0, "has no sequences; needed are lines of token numbers");
  }
  return sequences;
}

std::vector<std::size_t> spread(std::size_t count, std::optional<std::size_t> most) {
  const std::size_t taken = most ? std::min(*most, count) : count;
  std::vector<std::size_t> chosen(taken);
  for (std::size_t i = 0; i < taken; ++i) chosen[i] = i * count / taken;
  return chosen;
}

}  // namespace

InputSet InputSet::open(const std::string& text, std::optional<std::size_t> most) {
  InputSet set;
  const auto equals = text.find('=');
  set.path_ = equals == text.npos ? text : text.substr(equals + 1);
  std::error_code error;
  const fs::path path = fs::path(set.path_).lexically_normal();
  set.name_ = equals == text.npos
                  ? (path.has_filename() ? path : path.parent_path()).stem().string()
                  : text.substr(0, equals);
  if (set.path_.empty() || set.name_.empty()) {
    throw SpecificationError("inputs are " + in_quotes(text) + "; allowed is [NAME=]PATH");
  }
  std::size_t count = 0;
  const std::string extension = lower(path.extension().string());
  if (fs::is_directory(path, error)) {
    set.files_ = pictures_in(set.path_);
    count = set.files_.size();
  } else if (!fs::exists(path, error)) {
    throw FileError(set.path_, 0,
                    "does not exist; needed is a folder of pictures, a .npy or a .txt file");
  } else if (extension == ".npy") {
    set.kind_ = Kind::arrays;
    set.array_ = parse_npy(set.path_, read_file(set.path_));
    count = static_cast<std::size_t>(set.array_.shape[0]);
  } else if (extension == ".txt") {
    set.kind_ = Kind::tokens;
    set.sequences_ = read_sequences(set.path_);
    count = set.sequences_.size();
  } else {
    throw FileError(set.path_, 0,
                    "is not a kind of input; allowed are folders of pictures, .npy and .txt files");
  }
  set.chosen_ = spread(count, most);
  return set;
}

std::string InputSet::label(std::size_t i) const {
  if (kind_ == Kind::pictures) return files_[chosen_[i]];
  return path_ + ", input " + std::to_string(chosen_[i]);
}

Array InputSet::load(std::size_t i, const Preparation& preparation, std::string& digest) const {
  const std::size_t index = chosen_[i];
  const auto digest_of = [](const auto& values) {
    return sha256(
        {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values.front())});
  };
  if (kind_ == Kind::pictures) {
    const std::string bytes = read_file(files_[index]);
    digest = sha256(bytes);
    PreparedImage image = prepare(files_[index], decode_image(files_[index], bytes), preparation);
    return {.shape = {1, 3, image.height, image.width}, .values = std::move(image.values)};
  }
  if (kind_ == Kind::tokens) {
    digest = digest_of(sequences_[index]);
    return {.shape = {1, static_cast<std::int64_t>(sequences_[index].size())},
            .values = sequences_[index]};
  }
  Array one{.shape = array_.shape, .values = {}};
  one.shape[0] = 1;
  const std::int64_t size = one.size();
  std::visit(
      [&](const auto& values) {
        const auto begin = values.begin() + static_cast<std::int64_t>(index) * size;
        std::decay_t<decltype(values)> part(begin, begin + size);
        digest = digest_of(part);
        one.values = std::move(part);
      },
      array_.values);
  return one;
}

}  // namespace dysta::profiler
