"""MobileNet-V1 (Howard et al., 2017): depthwise separable convolutions, of any width."""

from torch import nn

# Output channels at width 1 and stride of each separable block, after 32 of the first convolution.
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2),
          (1024, 1))  # fmt: skip


class MobileNetV1(nn.Module):
    """Takes RGB images, returns scores of `classes`; `width` scales every layer's channels."""

    def __init__(self, width=1.0, classes=1000):
        super().__init__()
        channels = _scaled(32, width)
        parts = [_convolution(3, channels, 3, 2)]
        for outputs, stride in BLOCKS:
            outputs = _scaled(outputs, width)
            parts.append(_convolution(channels, channels, 3, stride, groups=channels))
            parts.append(_convolution(channels, outputs, 1, 1))
            channels = outputs
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def _scaled(channels, width):
    return max(8, int(channels * width))


def _convolution(inputs, outputs, kernel, stride, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
