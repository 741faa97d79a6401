#include "dysta/sched/parameters.hpp"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using test::message_of;

ParameterSpec number() { return {.name = "x", .help = "", .default_value = 1.0}; }

ParameterSpec whole() {
  return {.name = "x",
          .help = "",
          .default_value = 3.0,
          .numbers = ParameterSpec::Numbers::whole,
          .least = 1,
          .largest = 64};
}

ParameterSpec number_or_word() {
  return {.name = "x", .help = "", .default_value = 1.0, .words = {"auto", "never"}};
}

std::string fault_in(const ParameterSpec& spec, const std::string& text) {
  return message_of<SpecificationError>([&] { spec.parse(text); });
}

TEST(ParameterSpec, says_in_words_what_is_allowed) {
  EXPECT_EQ(number().allowed(), "a number from 0 to 1e9");
  EXPECT_EQ(whole().allowed(), "a whole number from 1 to 64");
  EXPECT_EQ(number_or_word().allowed(), "auto, never or a number from 0 to 1e9");
  EXPECT_EQ(choice("x", "", "a", {"a"}).allowed(), "a");
  EXPECT_EQ(choice("x", "", "a", {"a", "b"}).allowed(), "a or b");
  EXPECT_EQ(choice("x", "", "a", {"a", "b", "c"}).allowed(), "a, b or c");
}

TEST(ParameterSpec, numbers_are_in_range) {
  EXPECT_EQ(number().parse("0"), ParameterValue(0.0));
  EXPECT_EQ(number().parse("1e-9"), ParameterValue(1e-9));
  for (const std::string text : {"", "-1", "1.5e9", "nan", "inf", "x", "1 ", "auto"}) {
    EXPECT_EQ(fault_in(number(), text),
              "parameter 'x' is '" + text + "'; allowed is a number from 0 to 1e9");
  }
}

TEST(ParameterSpec, whole_numbers_are_whole_and_in_range) {
  EXPECT_EQ(whole().parse("1"), ParameterValue(1.0));
  EXPECT_EQ(whole().parse("64.0"), ParameterValue(64.0));
  for (const std::string text : {"0", "65", "2.5"}) {
    EXPECT_EQ(fault_in(whole(), text),
              "parameter 'x' is '" + text + "'; allowed is a whole number from 1 to 64");
  }
}

TEST(ParameterSpec, words_are_those_declared) {
  EXPECT_EQ(number_or_word().parse("auto"), ParameterValue("auto"));
  EXPECT_EQ(number_or_word().parse("2"), ParameterValue(2.0));
  EXPECT_EQ(fault_in(number_or_word(), "Auto"),
            "parameter 'x' is 'Auto'; allowed is auto, never or a number from 0 to 1e9");
  EXPECT_EQ(fault_in(choice("x", "", "a", {"a", "b"}), "1"),
            "parameter 'x' is '1'; allowed is a or b");
}

TEST(Parameters, are_looked_up_by_name) {
  const Parameters parameters({{"beta", 0.5}, {"refresh", "static"}});
  EXPECT_EQ(parameters.number("beta"), 0.5);
  EXPECT_EQ(parameters.word("refresh"), "static");
  EXPECT_TRUE(parameters.is("refresh", "static"));
  EXPECT_FALSE(parameters.is("refresh", "boundary"));
  EXPECT_FALSE(parameters.is("beta", "static"));
  EXPECT_THROW(parameters["alpha"], std::out_of_range);
}

TEST(Parameters, values_are_written_as_a_user_would) {
  EXPECT_EQ(to_text(0.01), "0.01");
  EXPECT_EQ(to_text(3.0), "3");
  EXPECT_EQ(to_text("auto"), "auto");
}

}  // namespace
}  // namespace dysta
