"""What made clips of moving shapes show, measured from their pixels by the geometry that real ones are drawn with."""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import torch
from torch import Tensor

from vidgan.data.shapes.scene import MOTIONS, RADII, REACHES, SHAPES, coverage, paths
from vidgan.metrics.base import Metric, SetMetric


@dataclass(frozen=True)
class ShapeReading:
    """What a clip shows.

    Attributes:
        errors: by motion, the pixels (root mean square) from the shape's places to the nearest path of that motion.
        overlaps: by shape, the mean overlap (intersection over union) with a perfect one of the same place and area, of
            an area that is drawn.
    """

    errors: tuple[float, ...]
    overlaps: tuple[float, ...]

    @property
    def motion(self) -> int:
        return min(range(len(MOTIONS)), key=self.errors.__getitem__)

    @property
    def shape(self) -> int:
        return max(range(len(SHAPES)), key=self.overlaps.__getitem__)


def read(frames: Tensor) -> ShapeReading:
    """What is seen in a clip (T, 3, S, S) in [0, 1]."""
    covered = _covered(frames.double().cpu())
    side = covered.shape[-1]
    places, areas = _places(covered), covered.sum((1, 2))
    errors = [min(_error(places, *way, side) for way in _ways(motion, len(frames))) for motion in MOTIONS]
    radii = (areas / math.pi).sqrt().clamp(RADII[0] * side, RADII[1] * side)
    overlaps = []
    for shape in SHAPES:
        perfect = coverage(shape, radii, places, side)
        union = torch.maximum(covered, perfect).sum((1, 2)).clamp(min=1e-9)
        overlaps.append(float((torch.minimum(covered, perfect).sum((1, 2)) / union).mean()))
    return ShapeReading(tuple(errors), tuple(overlaps))


def _covered(frames: Tensor) -> Tensor:
    """How much of each pixel (T, S, S) is not background, whose color is the median of the border's."""
    border = torch.cat(
        [frames[..., 0, :], frames[..., -1, :], frames[..., 0], frames[..., -1]], -1
    )  # (T, 3, 4 S), corners twice
    contrast = (frames - border.median(-1).values[..., None, None]).abs().amax(1)
    strongest = contrast.flatten(1).quantile(0.99, dim=1)[:, None, None].clamp(min=1e-3)
    return (contrast / strongest - 0.2).div(0.6).clamp(0, 1)


def _places(covered: Tensor) -> Tensor:
    """(T, 2) centers of mass as (x, y)."""
    grid = torch.arange(covered.shape[-1], dtype=covered.dtype)
    mass = covered.sum((1, 2)).clamp(min=1e-9)
    return torch.stack([(covered.sum(1) * grid).sum(1), (covered.sum(2) * grid).sum(1)], -1) / mass[:, None]


@cache
def _ways(motion: str, frames: int) -> list[tuple[Tensor, Tensor]]:
    """The ways of a motion (T, 2, 2), each with what makes the (a, b) of least squares of places (2 T,)."""
    ways = paths(motion, frames)
    middle = torch.eye(2, dtype=ways.dtype).expand_as(ways)
    return list(zip(ways, torch.linalg.pinv(torch.cat([ways, middle], -1).flatten(1, 2))[:, :2], strict=True))


def _error(places: Tensor, way: Tensor, least_squares: Tensor, side: int) -> float:
    """Pixels from the places to the nearest path (middle + way @ (a, b)) with a reach that is drawn."""
    swing = least_squares @ places.flatten()
    if (reach := float(swing.norm())) < 1e-6:  # it stands still: all paths are equally far
        swing, reach = torch.tensor([1.0, 0.0], dtype=way.dtype), 1.0
    within = min(max(reach, REACHES[0] * side), REACHES[1] * side)
    left = places - way @ (swing * (within / reach))
    return float((left - left.mean(0)).square().sum(-1).mean().sqrt())


class MotionAccuracy(Metric):
    """1 where a clip's motion is read as the one that was asked for, else 0; chance is one of the number of motions."""

    higher_is_better = True

    def __call__(self, fake: Tensor, kind: Tensor) -> float:
        return float(read(fake).motion == int(kind))


class PathError(Metric):
    """Pixels (root mean square over frames) from a shape's places to the nearest path of the motion asked for."""

    higher_is_better = False

    def __call__(self, fake: Tensor, kind: Tensor) -> float:
        return read(fake).errors[int(kind)]


class ShapeOverlap(Metric):
    """Intersection over union of what is seen and the perfect shape that it is most like; mean over frames."""

    higher_is_better = True

    def __call__(self, fake: Tensor) -> float:
        return max(read(fake).overlaps)


class ModeCoverage(SetMetric):
    """Of the pairs of motion and shape, how many are made: exp of the entropy of what is read, by their number.

    A clip counts where it is well made: its path within two pixels of that of a motion, its shape overlapping a perfect
    one by .7; the others make a share that is taken off. 1 where all modes are equally frequent and all clips good.
    """

    higher_is_better = True

    def collect(self, fake: Tensor, real: Tensor) -> Counter[Any]:
        reading = read(fake)
        good = min(reading.errors) < 2 and max(reading.overlaps) > 0.7
        return Counter([(reading.motion, reading.shape) if good else None])

    def combine(self, parts: list[Counter[Any]]) -> float:
        counts = reduce(Counter.__add__, parts)
        bad, total = counts.pop(None, 0), counts.total()
        if not total:
            return 0.0
        entropy = -sum(count / total * math.log(count / total) for count in counts.values())
        return math.exp(entropy) / (len(MOTIONS) * len(SHAPES)) * total / (total + bad)
