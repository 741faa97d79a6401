"""Images as a network sees them: steps of preparation, then (pixel / 255 - mean) / std.

Steps, separated by commas and applied from left to right:

    crop=87.5%       centre square, this share of the short side, rounded to the nearest pixel
    crop=227         centre square of this side; crop=HxW a centre rectangle
    resize=256       short side to this length, aspect ratio kept
    resize=HxW       stretched
    letterbox=HxW    as large as fits, aspect ratio kept, centred between black bars

Resizing is bilinear on 8-bit RGB, over the area that a smaller pixel covers.
"""

import csv
import os
import re

import numpy
import torch
from PIL import Image

ALLOWED = "crop=P%, crop=N, crop=HxW, resize=N, resize=HxW and letterbox=HxW"


def input_entry(prepare, mean, std, channels="RGB"):
    """The `input` of a description; `mean` and `std` are of pixels in [0, 1], by channel."""
    parse(prepare)
    return {"kind": "image", "prepare": prepare, "mean": mean, "std": std, "channels": channels}


def parse(prepare):
    """The steps as (what, height, width); width 0 for one number, height a share for crop=P%."""
    steps = []
    for step in filter(None, prepare.split(",")):
        match = re.fullmatch(
            r"(crop|resize|letterbox)=(?:(\d+(?:\.\d+)?)%|([1-9]\d*)(?:x([1-9]\d*))?)", step
        )
        name, percent, height, width = match.groups() if match else (None,) * 4
        if not match or (percent and name != "crop") or (name == "letterbox" and not width):
            raise ValueError(f"unknown step {step!r} of preparation; allowed are {ALLOWED}")
        if percent and not 0 < float(percent) <= 100:
            raise ValueError(f"the step {step!r} crops to {percent}%; it must be in (0, 100]")
        steps.append((name, float(percent) / 100 if percent else int(height), int(width or 0)))
    return steps


def prepared(image, prepare):
    """The RGB image after the steps."""
    image = image.convert("RGB")
    for name, height, width in parse(prepare):
        if name == "crop":
            image = _cropped(image, height, width)
        elif name == "resize":
            image = _resized(image, height, width)
        else:
            image = _letterboxed(image, height, width)
    return image


def read(path, entry):
    """The image in a file as a float tensor of 3 x H x W, as the description's `input` says."""
    with Image.open(path) as image:
        pixels = numpy.asarray(prepared(image, entry["prepare"]), numpy.float32)
    x = torch.from_numpy(pixels).permute(2, 0, 1) / 255
    if entry["channels"] == "BGR":
        x = x.flip(0)
    mean, std = (torch.tensor(entry[key]).reshape(3, 1, 1) for key in ("mean", "std"))
    return ((x - mean) / std).contiguous()


def listed(folder):
    """The paths of a folder's images, sorted by name."""
    names = sorted(n for n in os.listdir(folder) if n.lower().endswith((".jpg", ".jpeg", ".png")))
    if not names:
        raise ValueError(f"{folder} holds no images; allowed are .jpg, .jpeg and .png")
    return [os.path.join(folder, name) for name in names]


def spread(items, count):
    """At most `count` of the items, evenly spread over the list; None takes all."""
    if count is None or len(items) <= count:
        return list(items)
    return [items[index * len(items) // count] for index in range(count)]


def labels(folder):
    """The class of each labelled image, by name: labels.csv, or a number before the first '_'."""
    table = os.path.join(folder, "labels.csv")
    if os.path.isfile(table):
        with open(table, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {row["file"]: int(row["class_index"]) for row in rows if "class_index" in row}
    names = map(os.path.basename, listed(folder))
    return {name: int(name.split("_")[0]) for name in names if name.split("_")[0].isdigit()}


def _cropped(image, height, width):
    if isinstance(height, float):
        height = round(min(image.size) * height)
    width = width or height
    if width > image.width or height > image.height:
        raise ValueError(
            f"cannot crop {height}x{width} out of {image.height}x{image.width}; resize it first"
        )
    # Rounded as `dysta profile` and torchvision do: halves to the even pixel.
    left, top = round((image.width - width) / 2), round((image.height - height) / 2)
    return image.crop((left, top, left + width, top + height))


def _resized(image, height, width):
    if not width:
        short = min(image.size)
        width, height = image.width * height // short, image.height * height // short
    if (width, height) == image.size:
        return image
    return image.resize((width, height), Image.BILINEAR)


def _letterboxed(image, height, width):
    factor = min(width / image.width, height / image.height)
    inner = _resized(image, round(image.height * factor), round(image.width * factor))
    result = Image.new("RGB", (width, height))
    result.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
    return result
