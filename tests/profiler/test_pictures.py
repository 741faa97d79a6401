"""Pictures: decoded and prepared as other libraries do; those that cannot be read are left out."""

import io
import subprocess
import unittest

import networks
import numpy
from networks import ProfileTest, described, thinned
from PIL import Image
from torch import nn

Pixels = numpy.ndarray


def smooth_picture(height: int, width: int, seed: int = 1) -> Pixels:
    """Waves of several lengths, and a little noise: like a photograph."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    picture = numpy.empty((height, width, 3))
    for channel in range(3):
        wave = sum(
            numpy.sin(random.uniform(0.02, 0.3) * y + random.uniform(0.02, 0.3) * x + k)
            for k in range(4)
        )
        picture[:, :, channel] = 127 + 30 * wave + random.normal(0, 4, (height, width))
    return picture.clip(0, 255).astype(numpy.uint8)


class PreparedTest(ProfileTest):
    def prepared(self, name: str, steps: str = "") -> Pixels:
        """[row][column][colour] in levels of 0 to 255."""
        done = subprocess.run(
            [str(networks.prepared_image), name, steps],
            cwd=self.folder,
            capture_output=True,
            timeout=60,
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        values = numpy.frombuffer(done.stdout, numpy.float32)
        height, width = int(values[0]), int(values[1])
        planes = values[2:].reshape(3, height, width)
        return planes.transpose(1, 2, 0) * 255

    def save_picture(self, name: str, pixels: Pixels, mode: str = "RGB", **options: object) -> None:
        Image.fromarray(pixels, mode).save(self.folder / name, **options)

    def close(self, found: Pixels, wanted: Pixels, levels: float) -> None:
        self.assertEqual(found.shape, wanted.shape)
        self.assertLessEqual(numpy.abs(found - wanted.astype(float)).max(), levels + 1e-3)


class DecodingTest(PreparedTest):
    def test_png(self) -> None:
        """To the level."""
        random = numpy.random.default_rng(2)
        noise = random.integers(0, 256, (13, 29, 4), dtype=numpy.uint8)
        self.save_picture("rgb.png", noise[:, :, :3].copy())
        self.close(self.prepared("rgb.png"), noise[:, :, :3], 0)
        self.save_picture("grey.png", noise[:, :, 0].copy(), "L")
        self.close(self.prepared("grey.png"), noise[:, :, [0, 0, 0]], 0)
        palette = Image.fromarray(noise[:, :, :3].copy()).quantize(9)
        palette.save(self.folder / "palette.png")
        self.close(self.prepared("palette.png"), numpy.asarray(palette.convert("RGB")), 0)
        bits = Image.fromarray(noise[:, :, 0] > 100)
        bits.save(self.folder / "bits.png")
        self.close(self.prepared("bits.png"), numpy.asarray(bits.convert("RGB")), 0)

    def test_transparency_is_black(self) -> None:
        pixels = numpy.full((2, 2, 4), 200, numpy.uint8)
        pixels[0, :, 3] = 0
        pixels[1, :, 3] = 255
        self.save_picture("clear.png", pixels, "RGBA")
        found = self.prepared("clear.png")
        self.close(found[0], numpy.zeros((2, 3)), 0)
        self.close(found[1], numpy.full((2, 3), 200), 0)

    def test_jpeg(self) -> None:
        """Within a level: rounding is the decoder's own."""
        pixels = smooth_picture(45, 70)
        for name, options in (
            ("plain.jpg", {}),
            ("progressive.jpeg", {"progressive": True}),
            ("fine.jpg", {"quality": 98, "subsampling": 0}),
            ("rough.jpg", {"quality": 30}),
        ):
            self.save_picture(name, pixels, **options)
            wanted = numpy.asarray(Image.open(self.folder / name).convert("RGB"))
            self.close(self.prepared(name), wanted, 1)
        self.save_picture("grey.jpg", pixels[:, :, 0].copy(), "L")
        wanted = numpy.asarray(Image.open(self.folder / "grey.jpg").convert("RGB"))
        self.close(self.prepared("grey.jpg"), wanted, 1)


class StepsTest(PreparedTest):
    def setUp(self) -> None:
        super().setUp()
        self.pixels = smooth_picture(97, 140)
        self.image = Image.fromarray(self.pixels)
        self.save_picture("p.png", self.pixels)

    def scaled(self, height: int, width: int) -> Pixels:
        return numpy.asarray(self.image.resize((width, height), Image.BILINEAR))

    def close_inside(self, found: Pixels, wanted: Pixels) -> None:
        """Where the filter reaches beyond the picture it repeats its edge, others cut the filter:
        the outermost pixels differ by more than rounding."""
        self.close(found[1:-1, 1:-1], wanted[1:-1, 1:-1], 1)
        self.close(found, wanted, 16)

    def test_resize_to_a_size(self) -> None:
        for height, width in ((32, 32), (48, 70), (97, 20), (10, 140), (96, 139)):
            found = self.prepared("p.png", f"resize={height}x{width}")
            self.close_inside(found, self.scaled(height, width))

    def test_enlarge(self) -> None:
        self.close(self.prepared("p.png", "resize=150x211"), self.scaled(150, 211), 2)

    def test_resize_the_short_side(self) -> None:
        self.close_inside(self.prepared("p.png", "resize=32"), self.scaled(32, 140 * 32 // 97))

    def test_crops_are_exact(self) -> None:
        # (97 - 64) / 2 = 16.5 and (140 - 31) / 2 = 54.5 go to even numbers.
        self.close(self.prepared("p.png", "crop=64x31"), self.pixels[16:80, 54:85], 0)
        side = round(97 * 0.875)
        top, left = round((97 - side) / 2), round((140 - side) / 2)
        self.close(
            self.prepared("p.png", "crop=87.5%"),
            self.pixels[top : top + side, left : left + side],
            0,
        )

    def test_letterbox(self) -> None:
        inner_height = round(97 * 64 / 140)
        top = (64 - inner_height) // 2
        wanted = numpy.zeros((64, 64, 3))
        wanted[top : top + inner_height] = self.scaled(inner_height, 64)
        self.close(self.prepared("p.png", "letterbox=64x64"), wanted, 2)

    def test_steps_in_a_row(self) -> None:
        width = 140 * 60 // 97
        wanted = self.scaled(60, width)
        top, left = round((60 - 50) / 2), round((width - 50) / 2)
        self.close(
            self.prepared("p.png", "resize=60,crop=50"),
            wanted[top : top + 50, left : left + 50],
            2,
        )


class FolderTest(PreparedTest):
    def setUp(self) -> None:
        super().setUp()
        self.save(thinned(nn.Sequential(nn.Conv2d(3, 2, 3))))
        (self.folder / "pictures").mkdir()
        for i in range(3):
            self.save_picture(f"pictures/{i}.png", smooth_picture(12, 16, seed=i))

    def run_pictures(self, *options: str, status: int = 0, err: str = "") -> None:
        result = self.run_dysta(
            *"profile net.pt --inputs pictures --accelerator counting.yaml --out out".split(),
            *options,
        )
        self.assertEqual((result.status, result.out, result.err), (status, "", err))

    def cut(self, name: str) -> None:
        buffer = io.BytesIO()
        Image.fromarray(smooth_picture(12, 16)).save(buffer, "PNG")
        self.write(name, buffer.getvalue()[:-40])

    def test_pictures_that_cannot_be_read_are_left_out(self) -> None:
        self.run_pictures()
        whole = self.read("out/counting/net.csv")
        self.cut("pictures/1b.png")
        self.write("pictures/2b.jpg", "no picture")
        result = self.run_dysta(
            *"profile net.pt --inputs pictures --accelerator counting.yaml --out out".split()
        )
        self.assertEqual((result.status, result.out), (0, ""))
        self.assertRegex(
            result.err,
            r"\Adysta: left out: 2 inputs that could not be read, first pictures/1b\.png: is not "
            r"a whole PNG picture \([^\n]+\); allowed are JPEG and PNG\n\Z",
        )
        self.assertEqual(self.read("out/counting/net.csv"), whole)
        (inputs,) = self.provenance()["inputs"]
        self.assertEqual((inputs["inputs"], inputs["skipped"]), (3, 2))

    def test_unless_strict(self) -> None:
        self.write("pictures/0b.jpg", "no picture")
        self.run_pictures(
            "--strict",
            status=1,
            err="dysta: pictures/0b.jpg: is no picture; allowed are JPEG and PNG\n",
        )
        self.assertFalse((self.folder / "out/counting/net.csv").exists())

    def test_none_can_be_read(self) -> None:
        for i in range(3):
            self.write(f"pictures/{i}.png", "x")
        self.run_pictures(
            status=1,
            err="dysta: net.pt: was run on no input: all 3 could not be read, first "
            "pictures/0.png: is no picture; allowed are JPEG and PNG\n",
        )

    def test_smaller_than_a_crop(self) -> None:
        message = (
            "pictures/0.png: is 12 x 16 when 14 x 14 is to be cut out; allowed are larger "
            "pictures, or a resize before"
        )
        self.run_pictures("--prepare", "crop=14", "--strict", status=1, err=f"dysta: {message}\n")

    def test_preparation_is_recorded(self) -> None:
        self.run_pictures(*"--prepare resize=8x8 --mean 0.5 --std 0.1,0.2,0.3".split())
        found = self.provenance()
        self.assertEqual(
            found["preparation"],
            {
                "steps": "resize=8x8",
                "mean": [0.5, 0.5, 0.5],
                "std": [0.1, 0.2, 0.3],
                "channels": "RGB",
            },
        )
        self.assertEqual((found["layers"][0]["height"], found["layers"][0]["width"]), (8, 8))

    def test_preparation_of_the_description(self) -> None:
        """Unless the command line says something else."""
        self.save(
            thinned(nn.Sequential(nn.Conv2d(3, 2, 3))),
            **described(
                {
                    "model": "m",
                    "pattern": "p",
                    "input": {
                        "kind": "image",
                        "prepare": "crop=10",
                        "mean": [0.1, 0.2, 0.3],
                        "std": [1, 1, 1],
                        "channels": "BGR",
                    },
                }
            ),
        )
        self.run_pictures()
        found = self.provenance(variant="m_p")["preparation"]
        self.assertEqual(
            found, {"steps": "crop=10", "mean": [0.1, 0.2, 0.3], "std": [1, 1, 1], "channels": "BGR"}
        )
        self.run_pictures(*"--prepare crop=9 --channels RGB --mean 0".split())
        found = self.provenance(variant="m_p")["preparation"]
        self.assertEqual(
            found, {"steps": "crop=9", "mean": [0, 0, 0], "std": [1, 1, 1], "channels": "RGB"}
        )

    def test_bad_preparation(self) -> None:
        self.run_pictures(
            "--prepare",
            "turn=90",
            status=2,
            err="dysta: a preparation step is 'turn=90'; allowed are crop=P%, crop=N, crop=HxW, "
            "resize=N, resize=HxW and letterbox=HxW, separated by commas\n",
        )

    def test_black_is_zero(self) -> None:
        """A picture that is the mean all over has nothing but zeros."""
        for i in range(3):
            self.save_picture(f"pictures/{i}.png", numpy.full((5, 5, 3), 51, numpy.uint8))
        self.run_pictures("--mean", "0.2")
        self.assertEqual(
            [row["overall-sparsity"] for (row,) in self.rows()], [0.9999999] * 3
        )

    def test_no_pictures(self) -> None:
        (self.folder / "none").mkdir()
        self.fails(
            1,
            "none: has no pictures in it; needed are .jpg, .jpeg or .png files",
            *"profile net.pt --inputs none --summary".split(),
        )


if __name__ == "__main__":
    unittest.main()
