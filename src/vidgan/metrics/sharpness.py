"""Sharpness without a reference network."""

import torch
from torch import Tensor

from vidgan.metrics.base import Mean, PiecewiseMetric
from vidgan.ops.luma import luma


def _gradient(frame: Tensor) -> float:
    """Mean gradient magnitude of the luma of a (3, H, W) frame, by forward differences."""
    y = luma(frame.double())[0]
    return float(torch.hypot(y[:-1, 1:] - y[:-1, :-1], y[1:, :-1] - y[:-1, :-1]).mean())


class GradientRatio(PiecewiseMetric):
    """Mean gradient magnitude of the fake clip over that of the real one: below 1 is blurred, 1 as sharp as the real.

    Noise and ringing are gradients too: read it beside PSNR and the temporal error, never alone. Not a number for a
    flat real clip.
    """

    higher_is_better = True
    ideal = 1.0

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        return Mean(sum(map(_gradient, fake)), sum(map(_gradient, real)))
