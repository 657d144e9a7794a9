"""Distances in the eyes of EfficientNet-Lite0, whose ImageNet weights come in a package: no download.

They are their own measures, comparable with themselves only: neither LPIPS nor FID.
"""

from functools import cached_property

import torch
from torch import Tensor

from vidgan.backbones.efficientnet_lite0 import Lite0Features, installed, stage_distance
from vidgan.errors import UserError
from vidgan.metrics.base import Mean, Metric, PiecewiseMetric
from vidgan.metrics.frechet import Frechet
from vidgan.metrics.learned import FRAMES_AT_ONCE


class _OnLite0(Metric):
    @property
    def available(self) -> bool:
        """Whether the extra ``perceptual`` is installed."""
        return installed()

    @cached_property
    def network(self) -> Lite0Features:
        return Lite0Features()


class Lite0Distance(_OnLite0, PiecewiseMetric):
    """Squared distance of unit-length feature vectors, averaged over positions, summed over six stages.

    The form of LPIPS with all channels counting the same. Mean over frames; 0 for equal frames. A shift by one pixel
    counts less than faint noise, that less than blur, and blur less than strong noise, as for people.
    """

    higher_is_better = False

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        network = self.network.to(fake.device)
        parts = zip(fake.float().split(FRAMES_AT_ONCE), real.float().split(FRAMES_AT_ONCE), strict=True)
        with torch.no_grad():
            distances = [stage_distance(network.stages(a), network.stages(b)) for a, b in parts]
        return Mean.of(torch.cat(distances).tolist())


class FrechetLite0(_OnLite0, Frechet):
    """Frechet distance of the frames' features: FID's formula on another network, so another scale."""

    def features(self, frames: Tensor) -> Tensor:
        network = self.network.to(frames.device)
        with torch.no_grad():
            return torch.cat([network(part) for part in frames.float().split(FRAMES_AT_ONCE)])


class FrechetChangesLite0(FrechetLite0):
    """The same of changes from frame to frame, as pictures about mid-gray: it sees motion, which single frames hide."""

    piecewise = False  # the change between two pieces belongs to neither

    def features(self, frames: Tensor) -> Tensor:
        """
        Raises:
            UserError: the clip is of one frame.
        """
        if len(frames) < 2:
            raise UserError("changes from frame to frame need clips of at least 2 frames and this one has 1")
        return super().features((frames.diff(dim=0) + 1) / 2)
