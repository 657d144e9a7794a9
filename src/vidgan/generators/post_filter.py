"""A learned post-filter of a codec: it takes away what coding has added, and is told how coarsely was coded."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.generators.base import Shapes, WindowGenerator, numbered
from vidgan.generators.blocks import conv3x3, init_small, pad_to_multiple, residual_blocks
from vidgan.generators.recurrent import BLOCK_GAIN

_HALF = 2  # what is computed is half as high and wide as a frame
_COLORS = 3 * _HALF**2
_GRAY = 0.5
# What coding takes away is some hundredths. Without this factor the first steps of Adam, each as large as the learning
# rate, overshoot that by far, and what is learned is to do nothing.
_RESIDUAL = 0.05


class PostFilter(WindowGenerator):
    """Residual blocks at half size, of a frame and its neighbors as they were decoded, and the codec's rate factor.

    A post-filter works on what is shown, outside of the codec's loop, so that the stream stays what every player knows
    (as in H.274's neural-network post-filter). The rate factor as a plane lets one network serve all rates (as the
    quality map of Song et al. 2018, "A practical convolutional neural network as loop filter for intra frame"). The
    last layer begins at 0: an untrained filter changes nothing.

    Args:
        channels: width.
        blocks: residual blocks.
        neighbors: decoded frames seen on either side (after MFQE, Yang et al. 2018, without its motion compensation).
    """

    scale = 1
    quality_map = True
    multiple = _HALF

    def __init__(self, channels: int = 32, blocks: int = 2, neighbors: int = 0) -> None:
        super().__init__()
        self.reach = neighbors
        self.conv_first = conv3x3((2 * neighbors + 1) * _COLORS + 1, channels)
        self.body = residual_blocks(channels, blocks, gain=BLOCK_GAIN)
        self.conv_last = conv3x3(channels, _COLORS)
        init_small(self.conv_last, gain=0.0)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        channels, inputs = shapes["conv_first.weight"][:2]
        frames, rest = divmod(inputs - 1, _COLORS)
        if shapes["conv_last.weight"][0] != _COLORS or rest or frames % 2 == 0:
            raise KeyError("conv_first is not that of unshuffled frames and a plane")
        return {
            "channels": channels,
            "blocks": numbered(shapes, r"^body\.(\d+)\.conv1\.weight$"),
            "neighbors": frames // 2,
        }

    @property
    def radius(self) -> int:
        return _HALF * (2 * len(self.body) + 3)  # a pixel more where it is at the edge of its block

    def window(self, low: Tensor) -> Tensor:
        """``low`` is (B, T, 4, H, W) with the rate factor over 51 in the last channel."""
        height, width = low.shape[-2:]
        made = low.shape[1] - 2 * self.reach
        padded = pad_to_multiple(low.flatten(0, 1), _HALF).unflatten(0, low.shape[:2])
        halves = F.pixel_unshuffle(padded[:, :, :3] - _GRAY, _HALF)
        around = [halves[:, start : start + made] for start in range(2 * self.reach + 1)]
        quality = padded[:, self.reach : self.reach + made, 3:, ::_HALF, ::_HALF]
        given = torch.cat([*around, quality], dim=2).flatten(0, 1)
        residual = _RESIDUAL * self.conv_last(self.body(F.relu(self.conv_first(given))))
        centre = padded[:, self.reach : self.reach + made, :3].flatten(0, 1)
        frames = centre + F.pixel_shuffle(residual, _HALF).to(centre.dtype)
        return frames[..., :height, :width].unflatten(0, (len(low), made))
