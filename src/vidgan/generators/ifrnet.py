"""IFRNet (Kong et al. 2022, "IFRNet: intermediate feature refine network for efficient frame interpolation").

The features of the frame to be made are refined together with its motion, coarse to fine; what warping cannot explain
comes as a residual.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from vidgan.generators.base import Shapes
from vidgan.generators.interpolation import Between, Interpolator, resized
from vidgan.ops.warp import warp

Variant = Literal["S", "base", "L"]

#: Channels of the four levels of features and of the part of a block that is refined twice; side of the first kernel.
_PLANS: dict[str, tuple[tuple[int, ...], int, int]] = {
    "S": ((24, 36, 54, 72), 24, 3),
    "base": ((32, 48, 72, 96), 32, 3),
    "L": ((64, 96, 144, 192), 64, 7),
}


class IFRNet(Interpolator):
    """IFRNet-S, IFRNet and IFRNet-L, with their keys.

    Args:
        variant: which of the three sizes.
        taught: shown the true frame in training, for a loss that compares features with its own (section 3.3).
    """

    multiple = 16

    def __init__(self, variant: Variant = "S", taught: bool = False) -> None:
        super().__init__()
        self.taught = taught
        widths, side, kernel = _PLANS[variant]
        self.encoder = FeaturePyramid(widths, kernel)
        coarsest = widths[-1]
        self.decoder4 = Decoder(2 * coarsest + 1, 2 * coarsest, widths[-2] + 4, side)
        for level in (3, 2, 1):
            own, finer = widths[level - 1], widths[level - 2] + 4 if level > 1 else 8
            self.add_module(f"decoder{level}", Decoder(3 * own + 4, 3 * own, finer, side))

    def between(self, first: Tensor, second: Tensor, time: Tensor, scale: float) -> Between:
        return self._refined(first, second, time, scale)[0]

    def learn(self, first: Tensor, second: Tensor, time: Tensor, truth: Tensor) -> dict[str, Any]:
        """See :class:`Interpolator`; ``made_features`` of the frame, and ``true_features`` of the true one."""
        height, width = first.shape[-2:]
        first, second, truth = self._padded(first, second, truth)
        made, features = self._refined(first, second, time.view(-1, 1, 1, 1), 1)
        true = self.encoder(truth - _mean(first, second))
        return {
            "frame": made.frame[..., :height, :width],
            "flow": made.flow[..., :height, :width],
            "made_features": features,
            "true_features": true[2::-1],
        }

    def _refined(self, first: Tensor, second: Tensor, time: Tensor, scale: float) -> tuple[Between, list[Tensor]]:
        """What is made, and the features that it was made of at 1/8, 1/4 and 1/2 of the size."""
        mean = _mean(first, second)
        first, second = first - mean, second - mean
        pyramids = [self.encoder(resized(frame, scale)) for frame in (first, second)]
        coarsest = [level[3] for level in pyramids]
        made = self.decoder4(torch.cat([*coarsest, time.expand(-1, 1, *coarsest[0].shape[-2:])], 1))
        flow, features = made[:, :4], []
        for level in (3, 2, 1):
            features.append(made[:, 4:])
            own = [warp(p[level - 1], flow[:, 2 * i :][:, :2], "border") for i, p in enumerate(pyramids)]
            made = self.get_submodule(f"decoder{level}")(torch.cat([features[-1], *own, flow], 1))
            flow = made[:, :4] + 2 * resized(flow, 2)
        made = resized(made, 1 / scale)
        flow, weight = resized(flow, 1 / scale) / scale, torch.sigmoid(made[:, 4:5])
        merged = weight * warp(first, flow[:, :2], "border") + (1 - weight) * warp(second, flow[:, 2:], "border")
        return Between(merged + mean + made[:, 5:], flow, weight), features

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        width = shapes["encoder.pyramid1.0.0.weight"][0]
        return {"variant": {widths[0]: variant for variant, (widths, *_) in _PLANS.items()}[width]}


def _mean(first: Tensor, second: Tensor) -> Tensor:
    """(B, 1, 1, 1), of both frames."""
    return torch.cat([first, second], 2).mean((1, 2, 3), keepdim=True)


class FeaturePyramid(nn.Module):
    """Features of a frame at 1/2, 1/4, 1/8 and 1/16 of its size."""

    def __init__(self, widths: tuple[int, ...], kernel: int) -> None:
        super().__init__()
        for level, (inputs, outputs) in enumerate(zip((3, *widths), widths, strict=False), 1):
            halving = _conv(inputs, outputs, 2, kernel if level == 1 else 3)
            self.add_module(f"pyramid{level}", nn.Sequential(halving, _conv(outputs, outputs)))

    def forward(self, frame: Tensor) -> list[Tensor]:
        levels = []
        for pyramid in self.children():
            frame = pyramid(frame)
            levels.append(frame)
        return levels


class Decoder(nn.Module):
    """Motion and features (B, outputs, 2 * h, 2 * w) of one level, of what is known at it (B, inputs, h, w)."""

    def __init__(self, inputs: int, channels: int, outputs: int, side: int) -> None:
        super().__init__()
        last = nn.ConvTranspose2d(channels, outputs, 4, 2, 1)
        self.convblock = nn.Sequential(_conv(inputs, channels), ResBlock(channels, side), last)

    def forward(self, x: Tensor) -> Tensor:
        return self.convblock(x)


class ResBlock(nn.Module):
    """Five convolutions and the input; the second and fourth see the last ``side`` channels alone."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.conv1 = _conv(channels, channels)
        self.conv2 = _conv(side, side)
        self.conv3 = _conv(channels, channels)
        self.conv4 = _conv(side, side)
        self.conv5 = nn.Conv2d(channels, channels, 3, 1, 1)
        self.prelu = nn.PReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        made = self._refined(self.conv2, self.conv1(x))
        made = self._refined(self.conv4, self.conv3(made))
        return self.prelu(x + self.conv5(made))

    def _refined(self, conv: nn.Module, x: Tensor) -> Tensor:
        return torch.cat([x[:, : -self.side], conv(x[:, -self.side :])], 1)


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2), nn.PReLU(outputs))
