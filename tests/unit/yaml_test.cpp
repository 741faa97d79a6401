#include "dysta/io/yaml.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using test::message_of;

YamlMap parse(const std::string& text) { return YamlMap::parse("f.yaml", text); }

/// The message behind the file's name.
template <class Action>
std::string fault(const std::string& text, Action&& action) {
  const std::string message = message_of<FileError>([&] {
    YamlMap map = parse(text);
    action(map);
  });
  EXPECT_TRUE(message.starts_with("f.yaml:")) << message;
  return message.substr(std::min(message.size(), std::string("f.yaml:").size()));
}

std::string fault(const std::string& text) {
  return fault(text, [](YamlMap&) {});
}

TEST(YamlMap, reads_every_kind) {
  YamlMap map = parse(
      "# a comment\n"
      "word: hello world\nquoted: 'a: b'\nnumber: -1.5e-3\nwhole: 12\nround: 2e3\nyes: true\n"
      "no: false\ninner:\n  deep: 1\n");
  EXPECT_EQ(map.text("word"), "hello world");
  EXPECT_EQ(map.text("quoted"), "a: b");
  EXPECT_EQ(map.number("number", -1, 1), -1.5e-3);
  EXPECT_EQ(map.positive("whole", 12), 12);
  EXPECT_EQ(map.whole("whole", 12, 12), 12);
  EXPECT_EQ(map.whole("round", 0, 3000), 2000);
  EXPECT_TRUE(map.flag("yes"));
  EXPECT_FALSE(map.flag("no"));
  EXPECT_TRUE(map.has("inner"));
  EXPECT_FALSE(map.has("deep"));
  YamlMap inner = map.map("inner");
  EXPECT_EQ(inner.whole("deep", 0, 1), 1);
  inner.done();
  map.done();
}

TEST(YamlMap, moves) {
  YamlMap map = parse("a: 1");
  YamlMap other = std::move(map);
  EXPECT_EQ(other.whole("a", 0, 1), 1);
  map = parse("b: 1");
  EXPECT_TRUE(map.has("b"));
}

TEST(YamlMap, numbers_are_within_their_limits) {
  for (const char* value :
       {"0.99", "2.01", "x", "nan", ".nan", "inf", ".inf", "0x1", "''", "1_000"}) {
    const std::string text = std::string("a: 1\nkey: ") + value + "\n";
    const std::string shown = std::string(value) == "''" ? "''" : "'" + std::string(value) + "'";
    EXPECT_EQ(fault(text, [](YamlMap& map) { map.number("key", 1, 2); }),
              "2:6: key is " + shown + "; allowed is a number from 1 to 2");
  }
  for (const char* value : {"0", "-1", "3", "word"}) {
    EXPECT_EQ(fault(std::string("key: ") + value, [](YamlMap& map) { map.positive("key", 2); }),
              "1:6: key is '" + std::string(value) +
                  "'; allowed is a number greater than 0 and at most 2");
  }
  for (const char* value : {"-1", "11", "1.5", "true", "1e30"}) {
    EXPECT_EQ(fault(std::string("key: ") + value, [](YamlMap& map) { map.whole("key", 0, 10); }),
              "1:6: key is '" + std::string(value) + "'; allowed is a whole number from 0 to 10");
  }
}

TEST(YamlMap, flags_are_true_or_false) {
  for (const char* value : {"yes", "True", "1", "off"}) {
    EXPECT_EQ(fault(std::string("key: ") + value, [](YamlMap& map) { map.flag("key"); }),
              "1:6: key is '" + std::string(value) + "'; allowed is true or false");
  }
}

TEST(YamlMap, texts_are_single_words) {
  for (const auto& [value, shown] : {std::pair{"[1, 2]", "a list"},
                                     {"[]", "an empty list"},
                                     {"{a: b}", "a map"},
                                     {"{}", "an empty map"},
                                     {"~", "nothing"},
                                     {"null", "nothing"}}) {
    EXPECT_EQ(fault(std::string("\nkey: ") + value, [](YamlMap& map) { map.text("key"); }),
              "2:6: key is " + std::string(shown) + "; allowed is a word");
  }
  EXPECT_EQ(fault("\nkey:", [](YamlMap& map) { map.text("key"); }),
            "2:1: key is nothing; allowed is a word");
  EXPECT_EQ(fault("key: [1]", [](YamlMap& map) { map.text("key", "text like 1-5"); }),
            "1:6: key is a list; allowed is text like 1-5");
  EXPECT_EQ(fault("key: ''", [](YamlMap& map) { map.text("key"); }),
            "1:6: key is ''; allowed is a word");
  EXPECT_EQ(fault("key: [1]", [](YamlMap& map) { map.number("key", 0, 2); }),
            "1:6: key is a list; allowed is a number from 0 to 2");
}

TEST(YamlMap, maps_within) {
  EXPECT_EQ(fault("a: 1\nkey: 3\n", [](YamlMap& map) { map.map("key"); }),
            "2:6: holds no keys with values here; needed is a YAML map");
  const auto inner = [](YamlMap& map) {
    YamlMap within = map.map("key");
    within.whole("x", 0, 9);
    within.done();
  };
  EXPECT_EQ(fault("key:\n  x: 1\n  y: 2\n", inner), "3:3: 'y' is not known here; allowed are x");
  EXPECT_EQ(fault("key:\n  x: 1\n  x: 2\n", inner), "3:3: 'x' stands twice; allowed is once");
  EXPECT_EQ(fault("a: 1\nkey:\n  z: 1\n", inner), "3:3: lacks 'x'; it is needed here");
}

TEST(YamlMap, lists) {
  YamlMap map = parse(
      "words: [a, 'b c', 3]\nword: single\nnumbers: [1, -2.5, 1e3]\nnumber: 0.5\n"
      "block:\n  - x\n  - y\nmaps:\n  - name: one\n  - {name: two}\nsingle: {name: only}\n");
  EXPECT_EQ(map.texts("words"), (std::vector<std::string>{"a", "b c", "3"}));
  EXPECT_EQ(map.texts("word"), (std::vector<std::string>{"single"}));
  EXPECT_EQ(map.texts("block"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(map.numbers("numbers", -3, 1000), (std::vector<double>{1, -2.5, 1000}));
  EXPECT_EQ(map.numbers("number", 0, 1), (std::vector<double>{0.5}));
  std::vector<YamlMap> maps = map.maps("maps");
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_EQ(maps[0].text("name"), "one");
  EXPECT_EQ(maps[1].text("name"), "two");
  std::vector<YamlMap> single = map.maps("single");
  ASSERT_EQ(single.size(), 1U);
  EXPECT_EQ(single[0].text("name"), "only");
  for (const YamlMap& each : maps) each.done();
  map.done();
}

TEST(YamlMap, lists_of_words_hold_words) {
  const auto texts = [](YamlMap& map) { map.texts("key"); };
  const std::string allowed = "; allowed is a word, or a list of words, at least one";
  EXPECT_EQ(fault("key: []", texts), "1:6: key is an empty list" + allowed);
  EXPECT_EQ(fault("key: {a: 1}", texts), "1:6: key is a map" + allowed);
  EXPECT_EQ(fault("key: ~", texts), "1:6: key is nothing" + allowed);
  EXPECT_EQ(fault("key: ''", texts), "1:6: key has ''" + allowed);
  EXPECT_EQ(fault("key: [a, '']", texts), "1:10: key has ''" + allowed);
  EXPECT_EQ(fault("key: [a, [b]]", texts), "1:10: key has a list" + allowed);
  EXPECT_EQ(fault("key:\n  - a\n  - x: 1\n", texts), "3:5: key has a map" + allowed);
}

TEST(YamlMap, lists_of_numbers_hold_numbers_within_their_limits) {
  const auto numbers = [](YamlMap& map) { map.numbers("key", 1, 2); };
  const std::string allowed = "; allowed is a number from 1 to 2, or a list of such";
  EXPECT_EQ(fault("key: 3", numbers), "1:6: key has '3'" + allowed);
  EXPECT_EQ(fault("key: []", numbers), "1:6: key is an empty list" + allowed);
  for (const char* value : {"0.99", "2.01", ".nan", "inf", "1e999", "x", "''"}) {
    const std::string shown = std::string(value) == "''" ? "''" : "'" + std::string(value) + "'";
    EXPECT_EQ(fault(std::string("a: 1\nkey: [1, ") + value + "]", numbers),
              "2:10: key has " + shown + allowed);
  }
  EXPECT_EQ(fault("key: [1, [2]]", numbers), "1:10: key has a list" + allowed);
}

TEST(YamlMap, lists_of_maps_hold_maps) {
  const auto maps = [](YamlMap& map) { map.maps("key"); };
  for (const auto& [value, shown] :
       {std::pair{"[]", "an empty list"}, {"word", "'word'"}, {"~", "nothing"}}) {
    EXPECT_EQ(fault(std::string("key: ") + value, maps),
              "1:6: key is " + std::string(shown) +
                  "; allowed is a map, or a list of maps, at least one");
  }
  EXPECT_EQ(fault("key:\n  - a: 1\n  - b\n", maps),
            "3:5: holds no keys with values here; needed is a YAML map");
  EXPECT_EQ(fault("key:\n  - a: 1\n    a: 2\n", maps), "3:5: 'a' stands twice; allowed is once");
  EXPECT_EQ(fault("key:\n  - a: 1\n    b: 2\n",
                  [](YamlMap& map) {
                    for (YamlMap& each : map.maps("key")) {
                      each.text("a");
                      each.done();
                    }
                  }),
            "3:5: 'b' is not known here; allowed are a");
}

TEST(YamlMap, keys_in_the_order_of_the_file) {
  EXPECT_EQ(parse("b: 1\na: 2\nc: {d: 3}\n").keys(), (std::vector<std::string>{"b", "a", "c"}));
  EXPECT_TRUE(parse("{}").keys().empty());
}

TEST(YamlMap, columns_count_characters_from_one) {
  EXPECT_EQ(fault("  a: {b: 1, key: 7}\n",
                  [](YamlMap& map) {
                    YamlMap inner = map.map("a");
                    inner.whole("key", 0, 1);
                  }),
            "1:18: key is '7'; allowed is a whole number from 0 to 1");
  EXPECT_EQ(fault("a: [1, 2\n"),
            "2:1: end of sequence flow not found; allowed is well-formed YAML");
}

TEST(YamlMap, missing_keys) {
  EXPECT_EQ(fault("a: 1\n", [](YamlMap& map) { map.text("key"); }),
            "1:1: lacks 'key'; it is needed here");
  EXPECT_EQ(fault("\n\na: 1\n", [](YamlMap& map) { map.map("key"); }),
            "3:1: lacks 'key'; it is needed here");
}

TEST(YamlMap, keys_that_nobody_asked_for) {
  EXPECT_EQ(fault("b: 1\na: 2\ntypo: 3\nother: 4\n",
                  [](YamlMap& map) {
                    map.text("b");
                    map.text("a");
                    map.done();
                  }),
            "3:1: 'typo' is not known here; allowed are a, b");
  // Asking whether it is there is not reading it.
  EXPECT_EQ(fault("a: 1\nb: 2\n",
                  [](YamlMap& map) {
                    map.text("a");
                    map.has("b");
                    map.done();
                  }),
            "2:1: 'b' is not known here; allowed are a");
}

TEST(YamlMap, keys_that_stand_twice) {
  EXPECT_EQ(fault("a: 1\nb: 2\na: 1\n"), "3:1: 'a' stands twice; allowed is once");
}

TEST(YamlMap, keys_that_are_no_words) {
  EXPECT_EQ(fault("a: 1\n[1, 2]: 3\n"), "2:1: has a key that is no word; allowed are words");
}

TEST(YamlMap, not_a_map) {
  const std::string message = "holds no keys with values here; needed is a YAML map";
  EXPECT_EQ(fault("- 1\n- 2\n"), "1:1: " + message);
  EXPECT_EQ(fault("word"), "1:1: " + message);
  for (const char* nothing : {"", "\n\n", "# a comment\n", "---\n"}) {
    const std::string found = fault(nothing);
    EXPECT_TRUE(found.ends_with(message)) << found;
  }
}

TEST(YamlMap, not_yaml) {
  for (const char* text : {"a: [1, 2\n", "a: {b: 1\n", "a: b: c\n", "\ta: 1\n", "a: *nobody\n"}) {
    const std::string message = fault(text);
    EXPECT_TRUE(message.ends_with("; allowed is well-formed YAML")) << message;
    EXPECT_TRUE(message[0] == '1' || message[0] == '2') << message;
  }
}

TEST(YamlMap, messages_are_one_line) {
  const std::string message = fault("a: \"x\\\x01\"\n");
  EXPECT_TRUE(message.ends_with("; allowed is well-formed YAML")) << message;
  for (const char c : message) EXPECT_GE(c, ' ') << message;
}

/// What follows the end of the first document is not read, so it may not be there.
TEST(YamlMap, a_second_document_is_not_ignored) {
  EXPECT_EQ(fault("a: 1\n---\nb: 2\n"),
            "2:1: goes on after the end of its first document; allowed is one");
  EXPECT_EQ(parse("---\na: 1\n...\n").whole("a", 1, 1), 1);
}

TEST(YamlMap, places_outlive_the_map) {
  const YamlPlace place = parse("a: 1\nkey: 7\n").place("key");
  EXPECT_EQ(message_of<FileError>([&] { place.complain("is odd"); }), "f.yaml:2:6: is odd");
}

TEST(YamlMap, own_messages) {
  EXPECT_EQ(fault("a: 1\nkey: 7\n", [](YamlMap& map) { map.fail("key", "less"); }),
            "2:6: key is '7'; allowed is less");
  EXPECT_EQ(fault("a: 1\nkey: 7\n", [](YamlMap& map) { map.complain("key", "is odd"); }),
            "2:6: is odd");
  // Without the key, where the map begins.
  EXPECT_EQ(fault("\n  a: 1\n", [](YamlMap& map) { map.complain("key", "is incomplete"); }),
            "2:3: is incomplete");
}

}  // namespace
}  // namespace dysta
