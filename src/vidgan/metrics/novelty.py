"""Whether what is made is new, and various: distances of whole clips, made and real, in pixels of thumbnails.

The real clips are those of the training set that a test compares with: where it holds all of them, nothing that was
learned by heart is missed.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.metrics.base import SetMetric

_SIDE = 16  # pixels of a thumbnail
_FRAMES = 8  # of a clip, evenly spread
_SAME = 1e-6  # a distance that is none: the clip itself


def thumbnail(frames: Tensor) -> Tensor:
    """A clip (T, 3, H, W) as a vector, of 8 small frames at most."""
    chosen = torch.linspace(0, len(frames) - 1, min(_FRAMES, len(frames))).round().long()
    return F.adaptive_avg_pool2d(frames[chosen].float(), _SIDE).flatten().cpu()


def distances(some: Tensor, others: Tensor) -> Tensor:
    """Root mean square differences (N, M) of thumbnails (N, D) and (M, D)."""
    return torch.cdist(some.double(), others.double()) / some.shape[1] ** 0.5


class _OfThumbnails(SetMetric):
    def collect(self, fake: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        return thumbnail(fake), thumbnail(real)

    def combine(self, parts: list[tuple[Tensor, Tensor]]) -> float:
        fakes, reals = (torch.stack(side) for side in zip(*parts, strict=True))
        return self.of(fakes, reals)

    def of(self, fakes: Tensor, reals: Tensor) -> float:
        """The score of thumbnails (N, D)."""
        raise NotImplementedError


def _among(reals: Tensor) -> Tensor:
    """(N,) distances of real clips to the nearest other one."""
    each = distances(reals, reals)
    return each.masked_fill(each < _SAME, torch.inf).amin(1)


class Novelty(_OfThumbnails):
    """Median distance of made clips to the nearest training clip, over that of training clips to the nearest other one.

    About 1 for real clips held out; far below, training clips are made again; far above, what is made is like none.
    """

    higher_is_better = True
    ideal = 1.0

    def of(self, fakes: Tensor, reals: Tensor) -> float:
        return float(distances(fakes, reals).amin(1).median() / _among(reals).median())


class Copied(_OfThumbnails):
    """Share of made clips that are nearer to a training clip than half of what these are from the nearest other one.

    The half of the median: about 0 for real clips held out, 1 for training clips and whoever has learned them by heart.
    """

    higher_is_better = False

    def of(self, fakes: Tensor, reals: Tensor) -> float:
        return float((distances(fakes, reals).amin(1) < _among(reals).median() / 2).double().mean())


class Diversity(_OfThumbnails):
    """Mean distance of any two made clips over that of any two training clips: near 0, all that is made is the same."""

    higher_is_better = True
    ideal = 1.0

    def of(self, fakes: Tensor, reals: Tensor) -> float:
        return float(distances(fakes, fakes).mean() / distances(reals, reals).mean())


class MotionRatio(SetMetric):
    """Mean |f_t - f_t-1| of all made clips over that of all real ones: 0 for still pictures, large for flicker."""

    higher_is_better = True
    ideal = 1.0

    def collect(self, fake: Tensor, real: Tensor) -> tuple[float, float]:
        made, there = (float(frames.double().diff(dim=0).abs().mean()) for frames in (fake, real))
        return made, there

    def combine(self, parts: list[tuple[float, float]]) -> float:
        made, there = map(sum, zip(*parts, strict=True))
        return made / there if there else float("nan")
