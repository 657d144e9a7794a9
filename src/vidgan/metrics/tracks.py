"""Key points over time against the true ones: how far, how jerky, how elastic, and where which error was."""

import torch
from torch import Tensor

from vidgan.data.tracks.detector import STRATA
from vidgan.metrics.base import Metric
from vidgan.pose.skeleton import OPENPOSE_18


class _Stratified(Metric):
    """A mean over the key points that the detector got wrong in one way, or over all.

    Args:
        stratum: one of ``STRATA``; None for all.
    """

    def __init__(self, stratum: str | None = None) -> None:
        self.chosen = None if stratum is None else STRATA.index(stratum)

    def _mean(self, values: Tensor, strata: Tensor) -> float:
        """Of values and strata of the same shape, not a number where none is chosen."""
        return float((values if self.chosen is None else values[strata == self.chosen]).double().mean())


class MPJPE(_Stratified):
    """Mean distance in pixels from the true key point (mean per joint position error)."""

    higher_is_better = False

    def __call__(self, fake: Tensor, real: Tensor, strata: Tensor) -> float:
        return self._mean((fake - real).norm(dim=-1), strata)


class PixelPCK(_Stratified):
    """Share of key points, in per cent, that are at most so many pixels from the true one.

    Args:
        pixels: the limit.
        stratum: see :class:`MPJPE`.
    """

    higher_is_better = True

    def __init__(self, pixels: float = 10.0, stratum: str | None = None) -> None:
        super().__init__(stratum)
        self.pixels = pixels

    def __call__(self, fake: Tensor, real: Tensor, strata: Tensor) -> float:
        return 100 * self._mean(((fake - real).norm(dim=-1) <= self.pixels).float(), strata)


class AccelerationError(_Stratified):
    """Mean length in pixels of the difference of x[t-1] - 2 x[t] + x[t+1]; it belongs to frame t."""

    higher_is_better = False

    def __call__(self, fake: Tensor, real: Tensor, strata: Tensor) -> float:
        return self._mean((fake - real).diff(n=2, dim=0).norm(dim=-1), strata[1:-1])


class BoneLengthError(_Stratified):
    """Mean difference in pixels of the lengths of limbs; a limb belongs to the stratum of its far end."""

    higher_is_better = False

    def __call__(self, fake: Tensor, real: Tensor, strata: Tensor) -> float:
        starts, ends = (list(side) for side in zip(*OPENPOSE_18.limb_indices, strict=True))
        lengths = [(points[:, ends] - points[:, starts]).norm(dim=-1) for points in (fake, real)]
        return self._mean(torch.abs(lengths[0] - lengths[1]), strata[:, ends])
