"""Differences of wavelet coefficients."""

import torch
from torch import Tensor, nn


class Wavelet(nn.Module):
    """Sum over levels of the mean absolute difference of the details of a stationary Haar transform.

    Stationary (Nason and Silverman 1995): nothing is left out from level to level, so that it does not matter where an
    edge lies; as a loss Korkmaz and Tekalp 2024, there with longer filters. Clips are (B, T, C, H, W) in [0, 1], their
    frames continued periodically. What is left after the last level is not compared: a brightness that is off in the
    whole frame costs nothing.

    Args:
        levels: of the transform; level n compares means of 2^(n-1) pixels a side with their neighbours.
    """

    def __init__(self, levels: int = 2) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        # The transform is linear: that of the difference is the difference of both.
        details, _ = stationary_haar(fake.float() - real, self.levels)
        return torch.stack([detail.abs().mean() for detail in details]).sum()


def stationary_haar(frames: Tensor, levels: int) -> tuple[list[Tensor], Tensor]:
    """The stationary Haar transform of frames (..., H, W), with filters that keep the energy.

    Returns:
        The details (3, ..., H, W) of each level, the finest first: between rows, between columns, between both; and the
        means (..., H, W) that are left.
    """
    details = []
    for level in range(levels):
        low, high = _split(frames, -2, 2**level)
        (frames, columns), (rows, both) = _split(low, -1, 2**level), _split(high, -1, 2**level)
        details.append(torch.stack([rows, columns, both]))
    return details, frames


def _split(frames: Tensor, axis: int, distance: int) -> tuple[Tensor, Tensor]:
    """Means and half differences of pixels so far apart."""
    other = frames.roll(-distance, axis)
    return (frames + other) / 2, (frames - other) / 2
