"""InGAN of one video: frames made anew at any size, aspect and perspective (Shocher et al. 2019, "InGAN: Capturing and
retargeting the DNA of a natural image"), here of all frames of a clip under one warp that is smooth in time.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.ops.homography import warp_to


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.second = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.leaky_relu(self.first(F.leaky_relu(x, 0.2)), 0.2))


class InGAN(nn.Module):
    """A convolution of 7 x 7, whose features are warped to the size and the homography asked for, and a U-Net after it.

    What comes out is the frame, warped likewise, and what the U-Net adds to it: nothing before it is trained (its last
    convolution begins at zero), so that training begins at plain resizing. A frame is made of a frame alone.

    Args:
        channels: of the first features; 64 are published, with twice as many at each level up to 8 times.
        levels: how often the U-Net halves.
        blocks: residual blocks at the lowest level; 6 are published.

    Attributes:
        smallest: pixels a side that a frame and what is made of it must have.
    """

    def __init__(self, channels: int = 64, levels: int = 3, blocks: int = 6) -> None:
        super().__init__()
        widths = [channels * min(2**level, 8) for level in range(levels + 1)]
        self.smallest = max(4, 2 << levels)
        self.entrance = nn.Conv2d(3, channels, 7, padding=3, padding_mode="reflect")
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in pairwise(widths))
        self.bottom = nn.Sequential(*(_Residual(widths[-1]) for _ in range(blocks)))
        self.up = nn.ModuleList(
            nn.Conv2d(fine + coarse, fine, 3, padding=1, padding_mode="reflect") for fine, coarse in pairwise(widths)
        )
        self.exit = nn.Conv2d(channels, 3, 7, padding=3, padding_mode="reflect")
        nn.init.zeros_(self.exit.weight)
        assert self.exit.bias is not None
        nn.init.zeros_(self.exit.bias)

    def forward(self, frames: Tensor, size: tuple[int, int], matrices: Tensor | None = None) -> Tensor:
        """
        Args:
            frames: (B, T, 3, h, w) in [0, 1].
            size: height and width of what is made.
            matrices: (B, T, 3, 3), see :mod:`vidgan.ops.homography`; None for none.

        Returns:
            (B, T, 3, *size), about in [0, 1].

        Raises:
            UserError: a frame, or what is to be made of it, is smaller than the network can work with.
        """
        if min(*frames.shape[-2:], *size) < self.smallest:
            raise UserError(
                f"{size[1]}x{size[0]} of frames of {frames.shape[-1]}x{frames.shape[-2]} pixels: this network makes "
                f"{self.smallest} pixels a side or more, of as many; choose a larger size."
            )
        images, each = frames.flatten(0, 1), None if matrices is None else matrices.flatten(0, 1)
        features = warp_to(self.entrance(2 * images - 1), each, size)
        made = warp_to(images, each, size, "bicubic") + self._added(features)
        return made.unflatten(0, frames.shape[:2])

    def _added(self, features: Tensor) -> Tensor:
        kept = []
        for down in self.down:
            kept.append(features)
            features = down(F.leaky_relu(features, 0.2))
        features = self.bottom(features)
        for up, fine in zip(reversed(self.up), reversed(kept), strict=True):
            enlarged = F.interpolate(features, fine.shape[-2:], mode="nearest")
            features = up(F.leaky_relu(torch.cat([fine, enlarged], 1), 0.2))
        return torch.tanh(self.exit(F.leaky_relu(features, 0.2)))
