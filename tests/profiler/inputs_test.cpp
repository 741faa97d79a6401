#include "inputs.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta::profiler {
namespace {

using dysta::test::message_of;
using testing::ElementsAre;
using testing::FloatNear;

// ---- preparation ----------------------------------------------------------------------------

/// Red is the row, green the column, blue both.
Image gradient(int height, int width) {
  Image image{.height = height, .width = width, .rgb = {}};
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      for (const int value : {row, column, row + column}) {
        image.rgb.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return image;
}

/// Red and green of the first pixel, and the size.
struct Corner {
  int row, column, height, width;
  bool operator==(const Corner&) const = default;
};

void PrintTo(const Corner& c, std::ostream* out) {
  *out << c.row << ' ' << c.column << ' ' << c.height << 'x' << c.width;
}

Corner corner(const Image& image) {
  return {image.rgb[0], image.rgb[1], image.height, image.width};
}

TEST(Image, crops_are_centred_and_halves_go_to_the_even_pixel) {
  EXPECT_EQ(corner(crop_centre(gradient(10, 8), 4, 4)), (Corner{3, 2, 4, 4}));
  EXPECT_EQ(corner(crop_centre(gradient(9, 11), 4, 4)), (Corner{2, 4, 4, 4}));  // 2.5 and 3.5
  EXPECT_EQ(corner(crop_centre(gradient(7, 5), 7, 5)), (Corner{0, 0, 7, 5}));
  const Image image = crop_centre(gradient(10, 8), 2, 3);
  EXPECT_THAT(image.rgb, ElementsAre(4, 2, 6, 4, 3, 7, 4, 4, 8, 5, 2, 7, 5, 3, 8, 5, 4, 9));
}

TEST(Image, resizing_a_plain_colour_leaves_it) {
  Image image{.height = 5, .width = 7, .rgb = std::vector<std::uint8_t>(5 * 7 * 3, 77)};
  for (const auto& [height, width] : {std::pair{1, 1}, {5, 7}, {2, 9}, {50, 3}}) {
    const Image other = resize(image, height, width);
    EXPECT_EQ(other.rgb,
              std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * 3), 77));
  }
}

TEST(Image, letterbox_keeps_the_shape) {
  const Image image{.height = 2, .width = 4, .rgb = std::vector<std::uint8_t>(2 * 4 * 3, 9)};
  const Image boxed = letterbox(image, 8, 8);  // 4 x 8 inside, 2 rows above and below
  for (int row = 0; row < 8; ++row) {
    for (std::size_t i = 0; i < 24; ++i) {
      EXPECT_EQ(boxed.rgb[static_cast<std::size_t>(row) * 24 + i], row >= 2 && row < 6 ? 9 : 0);
    }
  }
  EXPECT_EQ(letterbox(Image{.height = 1, .width = 1000, .rgb = std::vector<std::uint8_t>(3000, 1)},
                      10, 10)
                .height,
            10);  // at least one row of picture
}

PreparedImage prepared(const Image& image, const Preparation& preparation) {
  check(preparation);
  return prepare("p.png", image, preparation);
}

TEST(Prepare, values_are_pixels_less_mean_over_deviation) {
  const Image image{.height = 1, .width = 2, .rgb = {0, 51, 255, 102, 153, 204}};
  const auto plain = prepared(image, {});
  EXPECT_THAT(plain.values, ElementsAre(0, FloatNear(0.4F, 1e-6F), FloatNear(0.2F, 1e-6F),
                                        FloatNear(0.6F, 1e-6F), 1, FloatNear(0.8F, 1e-6F)));
  // A pixel that is the mean is exactly zero.
  const auto moved = prepared(
      image, {.steps = "", .mean = {0.4, 0.2, 1}, .deviation = {0.5, 0.1, 2}, .bgr = false});
  EXPECT_THAT(moved.values, ElementsAre(FloatNear(-0.8F, 1e-6F), 0, 0, FloatNear(4, 1e-5F), 0,
                                        FloatNear(-0.1F, 1e-6F)));
}

// Means are those of the network's channels, in its order.
TEST(Prepare, blue_first) {
  const Image image{.height = 1, .width = 1, .rgb = {51, 102, 255}};
  const auto bgr =
      prepared(image, {.steps = "", .mean = {1, 0, 0}, .deviation = {1, 1, 1}, .bgr = true});
  EXPECT_THAT(bgr.values, ElementsAre(0, FloatNear(0.4F, 1e-6F), FloatNear(0.2F, 1e-6F)));
}

TEST(Prepare, steps_go_from_left_to_right) {
  const auto size = [](int height, int width, const std::string& steps) {
    const auto image = prepared(gradient(height, width), {.steps = steps});
    EXPECT_EQ(image.values.size(), static_cast<std::size_t>(image.height * image.width * 3));
    return std::pair(image.height, image.width);
  };
  EXPECT_EQ(size(40, 60, ""), std::pair(40, 60));
  EXPECT_EQ(size(40, 60, "crop=50%"), std::pair(20, 20));
  EXPECT_EQ(size(40, 60, "crop=30"), std::pair(30, 30));
  EXPECT_EQ(size(40, 60, "crop=30x50"), std::pair(30, 50));
  EXPECT_EQ(size(40, 61, "resize=20"), std::pair(20, 30));  // 30.5 is cut
  EXPECT_EQ(size(61, 40, "resize=80"), std::pair(122, 80));
  EXPECT_EQ(size(40, 60, "resize=7x9"), std::pair(7, 9));
  EXPECT_EQ(size(40, 60, "letterbox=7x9"), std::pair(7, 9));
  EXPECT_EQ(size(40, 60, "resize=20,crop=16,letterbox=8x32"), std::pair(8, 32));
  EXPECT_EQ(size(1, 1, "crop=1%"), std::pair(1, 1));
}

TEST(Prepare, steps_that_are_not_known) {
  for (const char* step : {"crop", "crop=", "crop=0", "crop=-1", "crop=1.5", "crop=0%", "crop=101%",
                           "crop=%", "resize=0x4", "resize=4x", "resize=x4", "resize=16385",
                           "resize=50%", "letterbox", "flip=1", "=3", " crop=3"}) {
    EXPECT_EQ(message_of<SpecificationError>([&] { check({.steps = step}); }),
              "a preparation step is '" + std::string(step) +
                  "'; allowed are crop=P%, crop=N, crop=HxW, resize=N, resize=HxW and "
                  "letterbox=HxW, separated by commas");
  }
  for (const char* steps : {"crop=3,", ",crop=3", "crop=3,,crop=3"}) {
    EXPECT_EQ(message_of<SpecificationError>([&] { check({.steps = steps}); }),
              "a preparation step is ''; allowed are crop=P%, crop=N, crop=HxW, resize=N, "
              "resize=HxW and letterbox=HxW, separated by commas");
  }
}

TEST(Prepare, deviations_that_cannot_be_divided_by) {
  EXPECT_EQ(message_of<SpecificationError>([] {
              check({.steps = "", .deviation = {1, 0, 1}});
            }),
            "a standard deviation is 0; allowed are numbers that can be divided by");
}

TEST(Prepare, pictures_smaller_than_a_crop) {
  EXPECT_EQ(message_of<FileError>([] { prepared(gradient(10, 30), {.steps = "crop=20"}); }),
            "p.png: is 10 x 30 when 20 x 20 is to be cut out; allowed are larger pictures, or a "
            "resize before");
}

// A line of a picture would become 16384 rows of 16 million columns.
TEST(Prepare, pictures_too_long_to_be_enlarged) {
  const Image line{.height = 1, .width = 1000, .rgb = std::vector<std::uint8_t>(3000)};
  EXPECT_EQ(message_of<FileError>([&] { prepared(line, {.steps = "resize=16384"}); }),
            "p.png: is 1 x 1000 when its short side is to be 16384; allowed are results of at "
            "most 100 million pixels");
}

// ---- decoding -------------------------------------------------------------------------------

TEST(Image, bytes_that_are_no_picture) {
  for (const char* bytes : {"", "x", "GIF89a", "\xff", "\x89PN"}) {
    EXPECT_EQ(message_of<FileError>([&] { decode_image("p", bytes); }),
              "p: is no picture; allowed are JPEG and PNG");
  }
  for (const auto& [bytes, format] : {std::pair{"\xff\xd8", "JPEG"},
                                      {"\xff\xd8\xff\xe0 more", "JPEG"},
                                      {"\x89PNG", "PNG"},
                                      {"\x89PNG\r\n\x1a\n", "PNG"}}) {
    const std::string message = message_of<FileError>([&, b = bytes] { decode_image("p", b); });
    EXPECT_TRUE(message.starts_with(std::string("p: is not a whole ") + format + " picture ("))
        << message;
    EXPECT_TRUE(message.ends_with("); allowed are JPEG and PNG")) << message;
  }
}

// ---- sets -----------------------------------------------------------------------------------

class InputSets : public testing::Test {
 protected:
  /// A `.npy` file of `count` inputs of two numbers, 10 · i and 10 · i + 1.
  std::string arrays(int count) {
    const std::string header =
        "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(count) + ", 2), }";
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size());
    bytes += '\0';
    bytes += header;
    for (int i = 0; i < count; ++i) {
      bytes += static_cast<char>(10 * i);
      bytes += static_cast<char>(10 * i + 1);
    }
    return folder_.write("arrays.npy", bytes);
  }

  static std::vector<std::int64_t> loaded(const InputSet& set, std::size_t i) {
    std::string digest;
    const Array array = set.load(i, {}, digest);
    EXPECT_EQ(array.shape[0], 1);
    EXPECT_EQ(digest.size(), 64U);
    return std::get<std::vector<std::int64_t>>(array.values);
  }

  std::string fault(const std::string& text) {
    return message_of<FileError>([&] { InputSet::open(text, {}); });
  }

  dysta::test::TemporaryFolder folder_;
};

TEST_F(InputSets, arrays_are_an_input_an_index) {
  const std::string path = arrays(3);
  const InputSet set = InputSet::open(path, {});
  EXPECT_EQ(set.name(), "arrays");
  EXPECT_EQ(set.size(), 3U);
  EXPECT_FALSE(set.tokens());
  EXPECT_FALSE(set.pictures());
  EXPECT_THAT(loaded(set, 2), ElementsAre(20, 21));
  EXPECT_EQ(set.label(2), path + ", input 2");
}

// Of 7 every index i · 7 / 3: 0, 2, 4.
TEST_F(InputSets, fewer_are_evenly_spread) {
  const InputSet set = InputSet::open("some=" + arrays(7), 3);
  EXPECT_EQ(set.name(), "some");
  ASSERT_EQ(set.size(), 3U);
  EXPECT_THAT(loaded(set, 0), ElementsAre(0, 1));
  EXPECT_THAT(loaded(set, 1), ElementsAre(20, 21));
  EXPECT_THAT(loaded(set, 2), ElementsAre(40, 41));
  EXPECT_TRUE(set.label(1).ends_with("arrays.npy, input 2"));
  EXPECT_EQ(InputSet::open(arrays(7), 100).size(), 7U);
}

TEST_F(InputSets, tokens_are_an_input_a_line) {
  const std::string path = folder_.write("t.TXT", "1 2  3\n\n \t\r\n100000000\r\n\t7 0 ");
  const InputSet set = InputSet::open(path, {});
  EXPECT_TRUE(set.tokens());
  ASSERT_EQ(set.size(), 3U);
  EXPECT_THAT(loaded(set, 0), ElementsAre(1, 2, 3));
  EXPECT_THAT(loaded(set, 1), ElementsAre(100000000));
  EXPECT_THAT(loaded(set, 2), ElementsAre(7, 0));
}

TEST_F(InputSets, tokens_that_are_none) {
  for (const char* token : {"x", "-1", "1.5", "100000001", "99999999999999999999"}) {
    const std::string path = folder_.write("t.txt", std::string("1 2\n3 ") + token + " 4\n");
    EXPECT_EQ(fault(path),
              path + ":2: has a token '" + token + "'; allowed are whole numbers from 0");
  }
  const std::string path = folder_.write("t.txt", "\n  \n");
  EXPECT_EQ(fault(path), path + ": has no sequences; needed are lines of token numbers");
}

TEST_F(InputSets, pictures_are_in_the_order_of_their_names) {
  for (const char* name : {"f/b.PNG", "f/a.jpg", "f/c.jpeg", "f/readme.txt", "f/a.png/x"}) {
    folder_.write(name, "");
  }
  const InputSet set = InputSet::open(folder_.path("f/"), {});
  EXPECT_EQ(set.name(), "f");
  EXPECT_TRUE(set.pictures());
  ASSERT_GE(set.size(), 3U);
  EXPECT_TRUE(set.label(0).ends_with("a.jpg"));
}

TEST_F(InputSets, what_there_is_not) {
  EXPECT_EQ(fault("no/such.npy"),
            "no/such.npy: does not exist; needed is a folder of pictures, a .npy or a .txt file");
  const std::string other = folder_.write("a.csv", "");
  EXPECT_EQ(fault(other), other +
                              ": is not a kind of input; allowed are folders of pictures, .npy and "
                              ".txt files");
  folder_.write("empty/readme.txt", "");
  const std::string empty = folder_.path("empty");
  EXPECT_EQ(fault("name=" + empty),
            empty + ": has no pictures in it; needed are .jpg, .jpeg or .png files");
  for (const char* text : {"", "=", "x=", "=path"}) {
    EXPECT_EQ(message_of<SpecificationError>([&] { InputSet::open(text, {}); }),
              "inputs are '" + std::string(text) + "'; allowed is [NAME=]PATH");
  }
}

}  // namespace
}  // namespace dysta::profiler
