"""SSD (Liu et al., 2016) for 300x300 images on a ResNet-18 whose last stage is left out.

The stride of the third stage is 1, so that its map is 38x38 as in the original.
"""

import torch
import torchvision
from torch import nn

EXTRAS = ((256, 512, 2, 1), (256, 512, 2, 1), (128, 256, 2, 1), (128, 256, 1, 0), (128, 256, 1, 0))
BOXES = (4, 6, 6, 6, 4, 4)  # default boxes at each place of each map
MAPS = (256, *[outputs for _, outputs, _, _ in EXTRAS])


class SSD300(nn.Module):
    """Takes RGB images; returns box offsets (N x 8732 x 4) and scores (N x 8732 x classes)."""

    def __init__(self, classes=81):
        super().__init__()
        backbone = torchvision.models.resnet18(weights=None)
        for convolution in (backbone.layer3[0].conv1, backbone.layer3[0].downsample[0]):
            convolution.stride = (1, 1)
        self.backbone = nn.Sequential(
            backbone.conv1, backbone.bn1, backbone.relu, backbone.maxpool,
            backbone.layer1, backbone.layer2, backbone.layer3,
        )  # fmt: skip
        self.extras = nn.ModuleList(map(_extra, MAPS, EXTRAS))
        self.boxes = nn.ModuleList(
            nn.Conv2d(channels, 4 * count, 3, padding=1) for channels, count in zip(MAPS, BOXES)
        )
        self.scores = nn.ModuleList(
            nn.Conv2d(channels, classes * count, 3, padding=1)
            for channels, count in zip(MAPS, BOXES)
        )
        self.classes = classes

    def forward(self, x):
        maps = [self.backbone(x)]
        for extra in self.extras:
            maps.append(extra(maps[-1]))
        return _joined(self.boxes, maps, 4), _joined(self.scores, maps, self.classes)

    def output_layers(self):
        return [*self.boxes, *self.scores]


def _extra(inputs, shape):
    middle, outputs, stride, padding = shape
    return nn.Sequential(
        nn.Conv2d(inputs, middle, 1, bias=False),
        nn.BatchNorm2d(middle),
        nn.ReLU(),
        nn.Conv2d(middle, outputs, 3, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def _joined(heads, maps, width):
    """What the heads say of their maps: one row for each default box."""
    rows = [
        head(values).permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, width))
        for head, values in zip(heads, maps)
    ]
    return torch.cat(rows, 1)
