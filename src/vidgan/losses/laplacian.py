"""Differences of Laplacian pyramids."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.ops.resampling import full_precision

_BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


class Laplacian(nn.Module):
    """Sum over the levels of a Laplacian pyramid of the mean absolute difference (Niklaus and Liu 2018), as in RIFE.

    Clips are (B, T, C, H, W) in [0, 1]. Levels are not weighted by their size, and the small frame that is left after
    the last is not compared, as in RIFE: a brightness that is off in the whole frame costs nothing.

    Args:
        levels: of the pyramid.
    """

    def __init__(self, levels: int = 5) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        # A pyramid is linear: that of the difference is the difference of both.
        details, _ = pyramid((fake.float() - real).flatten(0, -4), self.levels)
        return torch.stack([detail.abs().mean() for detail in details]).sum()


def pyramid(frames: Tensor, levels: int) -> tuple[list[Tensor], Tensor]:
    """The Laplacian pyramid of frames (B, C, H, W) of any size (Burt and Adelson 1983); pixels at borders are repeated.

    Returns:
        What each level loses when its size is halved, the finest first, and the smallest frame.
    """
    details = []
    for _ in range(levels):
        smaller = _halved(frames)
        details.append(frames - doubled(smaller, frames.shape[-2:]))
        frames = smaller
    return details, frames


def _halved(frames: Tensor) -> Tensor:
    with full_precision(frames):
        padded = F.pad(frames, (2, 2, 2, 2), mode="replicate").flatten(0, 1)[:, None]
        return F.conv2d(padded, _kernel(frames), stride=2)[:, 0].unflatten(0, frames.shape[:2])


def doubled(frames: Tensor, size: torch.Size) -> Tensor:
    """Frames (B, C, h, w) at the size (H, W) of those that were halved to them."""
    with full_precision(frames):
        padded = F.pad(frames, (1, 1, 1, 1), mode="replicate").flatten(0, 1)[:, None]
        # Pixel i of the small frame lies at 2 i of the large one, which is 2 i + 4 with its border and the kernel's.
        made = F.conv_transpose2d(padded, 4 * _kernel(frames), stride=2)[:, 0].unflatten(0, frames.shape[:2])
    return made[..., 4 : 4 + size[0], 4 : 4 + size[1]]


def _kernel(frames: Tensor) -> Tensor:
    line = frames.new_tensor(_BINOMIAL)
    return torch.outer(line, line)[None, None]
