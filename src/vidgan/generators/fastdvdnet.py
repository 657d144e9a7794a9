"""FastDVDnet (Tassano et al. 2020, arXiv:1907.01361): each frame from five, in two stages, no flow."""

from typing import Any

import torch
from torch import Tensor, nn

from vidgan.generators.base import Shapes, WindowGenerator
from vidgan.generators.blocks import mirror_to_multiple

_FRAMES = 3  # that a stage sees
_WIDTHS = (32, 64, 128)
_INPUT_WIDTH = 30  # of each frame, before they are joined


def _conv(inputs: int, outputs: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """3 x 3 convolution, batch normalization, ReLU."""
    conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


class _Block(nn.Module):
    """Layers under the name ``convblock``, as published keys have it."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.convblock = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.convblock(x)


def _double(channels: int) -> _Block:
    return _Block(*_conv(channels, channels), *_conv(channels, channels))


def _up(inputs: int, outputs: int) -> _Block:
    return _Block(_double(inputs), nn.Conv2d(inputs, 4 * outputs, 3, padding=1, bias=False), nn.PixelShuffle(2))


class DenBlock(nn.Module):
    """A U-Net over three frames that predicts the noise of the middle one."""

    def __init__(self) -> None:
        super().__init__()
        high, middle, low = _WIDTHS
        joined = _FRAMES * _INPUT_WIDTH
        self.inc = _Block(*_conv(_FRAMES * 4, joined, groups=_FRAMES), *_conv(joined, high))
        self.downc0 = _Block(*_conv(high, middle, stride=2), _double(middle))
        self.downc1 = _Block(*_conv(middle, low, stride=2), _double(low))
        self.upc2 = _up(low, middle)
        self.upc1 = _up(middle, high)
        self.outc = _Block(*_conv(high, high), nn.Conv2d(high, 3, 3, padding=1, bias=False))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, triplets: Tensor) -> Tensor:
        """(N, 3, 4, H, W) frames with their noise maps, H and W multiples of 4, to the middle frames (N, 3, H, W)."""
        x0 = self.inc(triplets.flatten(1, 2))
        x1 = self.downc0(x0)
        x2 = self.downc1(x1)
        x1 = self.upc1(x1 + self.upc2(x2))
        return triplets[:, 1, :3] - self.outc(x0 + x1)


def _triplets(clip: Tensor) -> Tensor:
    """(B, T, ...) to (B * (T - 2), 3, ...): every three neighbouring frames."""
    return torch.stack([clip[:, :-2], clip[:, 1:-1], clip[:, 2:]], dim=2).flatten(0, 1)


class FastDVDnet(WindowGenerator):
    """Removes noise of a known sigma: each frame is made of itself and two neighbours on either side.

    The first stage's result for a frame is shared by all frames that see it. At the ends of a video the frames are
    mirrored, as in the published evaluation.
    """

    scale = 1
    reach = 2
    noise_map = True
    multiple = 4

    def __init__(self) -> None:
        super().__init__()
        self.temp1 = DenBlock()
        self.temp2 = DenBlock()

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        if "temp2.inc.convblock.0.weight" not in shapes:
            raise KeyError("temp2.inc")
        return {}

    @property
    def radius(self) -> int:
        return 80  # a multiple of 4, so that tiles lie on the grid of the strided convolutions

    def window(self, low: Tensor) -> Tensor:
        batch, frames, _, height, width = low.shape
        padded = mirror_to_multiple(low.flatten(0, 1), self.multiple).unflatten(
            0, (batch, frames)
        )  # as the authors test
        first = self.temp1(_triplets(padded)).unflatten(0, (batch, frames - 2))
        second = self.temp2(_triplets(torch.cat([first, padded[:, 1:-1, 3:]], dim=2)))
        return second.unflatten(0, (batch, frames - 4))[..., :height, :width]
