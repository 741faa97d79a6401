"""Steps of preparation, normalisation, and which images are chosen."""

import os
import sys
import tempfile
import unittest

import numpy
import torch
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import images


def picture(width, height):
    """Red tells the column, green the row."""
    rows, columns = numpy.mgrid[:height, :width]
    return Image.fromarray(numpy.stack([columns, rows, 0 * rows], -1).astype(numpy.uint8))


def corner(image):
    return image.getpixel((0, 0))[:2]


class Steps(unittest.TestCase):
    def test_no_steps(self):
        self.assertEqual(images.prepared(picture(5, 4), "").size, (5, 4))

    def test_crop_by_share_of_the_short_side(self):
        cropped = images.prepared(picture(40, 20), "crop=87.5%")
        self.assertEqual(cropped.size, (18, 18))  # 17.5, to the nearest even
        self.assertEqual(corner(cropped), (11, 1))
        self.assertEqual(images.prepared(picture(40, 20), "crop=100%").size, (20, 20))

    def test_crop_in_pixels(self):
        cropped = images.prepared(picture(11, 8), "crop=4")
        self.assertEqual((cropped.size, corner(cropped)), ((4, 4), (4, 2)))
        cropped = images.prepared(picture(11, 8), "crop=2x6")  # height x width
        self.assertEqual((cropped.size, corner(cropped)), ((6, 2), (2, 3)))
        with self.assertRaisesRegex(ValueError, "cannot crop 9x9 out of 8x11"):
            images.prepared(picture(11, 8), "crop=9")

    def test_resize(self):
        self.assertEqual(images.prepared(picture(40, 20), "resize=10").size, (20, 10))
        self.assertEqual(images.prepared(picture(20, 41), "resize=10").size, (10, 20))
        self.assertEqual(images.prepared(picture(40, 20), "resize=8x6").size, (6, 8))

    def test_resize_is_bilinear_over_the_area(self):
        line = Image.fromarray(numpy.array([[0, 0, 0, 0, 200, 200, 200, 200]], numpy.uint8))
        smaller = images.prepared(line, "resize=1x4")
        # A pixel of width 2 sees weights 1, 3, 3, 1 of 8.
        values = [smaller.getpixel((column, 0))[0] for column in range(4)]
        self.assertEqual(values, [0, 25, 175, 200])

    def test_letterbox_centres_between_black_bars(self):
        white = Image.new("RGB", (20, 10), (255, 255, 255))
        pixels = numpy.asarray(images.prepared(white, "letterbox=8x8"))[:, :, 0]
        expected = numpy.zeros((8, 8))
        expected[2:6] = 255
        numpy.testing.assert_array_equal(pixels, expected)
        self.assertEqual(images.prepared(white, "letterbox=30x20").size, (20, 30))

    def test_steps_apply_from_left_to_right(self):
        self.assertEqual(images.prepared(picture(40, 20), "crop=10,resize=6x4").size, (4, 6))
        self.assertEqual(images.prepared(picture(40, 20), "resize=16,crop=10x12").size, (12, 10))

    def test_grey_and_transparent_images_become_rgb(self):
        self.assertEqual(images.prepared(Image.new("L", (3, 3), 9), "").getpixel((0, 0)), (9,) * 3)
        self.assertEqual(images.prepared(Image.new("RGBA", (3, 3)), "").mode, "RGB")

    def test_unknown_steps(self):
        for step in ("turn=90", "crop", "crop=0", "resize=87%", "letterbox=8", "resize=8x", " "):
            with self.assertRaisesRegex(ValueError, "unknown step .*; allowed are crop=P%"):
                images.parse(step)
        for step in ("crop=0%", "crop=101%"):
            with self.assertRaisesRegex(ValueError, r"must be in \(0, 100\]"):
                images.parse(step)


class Files(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name

    def save(self, name, image=None):
        path = os.path.join(self.folder, name)
        (image or Image.new("RGB", (2, 2))).save(path)
        return path

    def test_normalisation_and_order_of_channels(self):
        path = self.save("a.png", Image.new("RGB", (2, 1), (255, 51, 0)))
        mean, std = [0.5, 0.2, 0.1], [0.5, 1.0, 0.1]
        x = images.read(path, images.input_entry("", mean, std))
        self.assertEqual(x.shape, (3, 1, 2))
        torch.testing.assert_close(x[:, 0, 0], torch.tensor([1.0, 0.0, -1.0]))
        x = images.read(path, images.input_entry("", mean, std, "BGR"))
        torch.testing.assert_close(x[:, 0, 0], torch.tensor([-1.0, 0.0, 9.0]))

    def test_a_pixel_equal_to_the_mean_is_exactly_zero(self):
        for value in range(256):
            path = self.save("a.png", Image.new("RGB", (1, 1), (value,) * 3))
            x = images.read(path, images.input_entry("", [value / 255] * 3, [128 / 255] * 3))
            self.assertEqual(int(torch.count_nonzero(x)), 0)

    def test_listed_is_sorted_and_only_images(self):
        for name in ("b.png", "a.jpg"):
            self.save(name)
        with open(os.path.join(self.folder, "labels.csv"), "w", encoding="utf-8") as file:
            file.write("file,class_index\na.jpg,3\nb.png,1\n")
        self.assertEqual(
            [os.path.basename(path) for path in images.listed(self.folder)], ["a.jpg", "b.png"]
        )
        self.assertEqual(images.labels(self.folder), {"a.jpg": 3, "b.png": 1})

    def test_labels_of_names_and_none(self):
        self.save("7_cat.png")
        self.save("dog_7.png")
        self.assertEqual(images.labels(self.folder), {"7_cat.png": 7})

    def test_empty_folder(self):
        with self.assertRaisesRegex(ValueError, "holds no images; allowed are .jpg"):
            images.listed(self.folder)

    def test_spread(self):
        self.assertEqual(images.spread(list(range(9)), 3), [0, 3, 6])
        self.assertEqual(images.spread(list(range(10)), 4), [0, 2, 5, 7])
        self.assertEqual(images.spread([1, 2], 3), [1, 2])
        self.assertEqual(images.spread([1, 2], None), [1, 2])


if __name__ == "__main__":
    unittest.main()
