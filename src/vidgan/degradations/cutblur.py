"""Clips that are bad in a part of the frame alone."""

import torch
from torch import Tensor

from vidgan.degradations.base import Degradation, quantized, seen_by
from vidgan.degradations.draws import derived
from vidgan.ops.resize import resize
from vidgan.randomness import uniform

_SIDES = (0.2, 0.7)


class CutBlur(Degradation):
    """Degrades the inside or the outside of a box alone (CutBlur, Yoo et al. 2020); elsewhere frames are good.

    So a network learns what needs no work. Good frames are as small as degraded ones, made so by the bicubic kernel:
    of a degradation that does no more than that nothing changes. The box stays at its place over the frames of a clip;
    its sides are a part of the frame's that is drawn from 0.2 to 0.7.

    Args:
        degradation: of the rest.
        probability: that a clip has a box; others are degraded as wholes.
    """

    def __init__(self, degradation: Degradation, probability: float = 0.5) -> None:
        super().__init__()
        self.degradation = degradation
        self.probability = probability
        self.scale = degradation.scale
        self.sees = seen_by([degradation])

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        bad = self.degradation(frames, derived(seeds, "degraded"), start)
        size = bad.shape[-2], bad.shape[-1]
        good = frames if size == frames.shape[-2:] else quantized(resize(frames, size, "bicubic"))
        return torch.where(self._good(seeds, *size), good, bad)

    def _good(self, seeds: Tensor, height: int, width: int) -> Tensor:
        """(B, 1, 1, height, width) bool, where frames stay good."""
        draws = uniform(seeds, "cutblur", 5).T
        side = _SIDES[0] + (_SIDES[1] - _SIDES[0]) * draws[0]
        inside = torch.ones((), dtype=torch.bool, device=seeds.device)
        for length, place, shape in ((height, draws[1], (-1, 1)), (width, draws[2], (1, -1))):
            extent = (side * length).round()
            first = (place * (length - extent + 1)).floor()
            at = torch.arange(length, device=seeds.device)
            covered = (at >= first[:, None]) & (at < (first + extent)[:, None])
            inside = inside & covered.view(-1, 1, 1, *(length if part == -1 else 1 for part in shape))
        of_clip = (len(seeds), 1, 1, 1, 1)
        return (inside ^ (draws[3] < 0.5).view(of_clip)) & (draws[4] < self.probability).view(of_clip)
