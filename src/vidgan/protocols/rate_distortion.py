"""Rate against quality: how many bits one codec saves another one at the same quality."""

import logging
import math
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from vidgan.metrics.direction import Direction

logger = logging.getLogger(__name__)

FEWEST = 4  # points of a curve, as in VCEG-M33
OVERLAP = 0.5  # of the range of quality that both curves together span

#: Points (rate, quality) of one clip.
Curve = Sequence[tuple[float, float]]


class BDRate:
    """Bjontegaard's delta rate: the mean difference in rate at equal quality to an anchor, in percent; less is better.

    Of each clip by itself, with the points that the cases of a protocol are; the score of a test is the mean over
    clips, as in the common test conditions of JVET (JVET-T2010). The logarithm of the rate is interpolated over the
    quality by piecewise cubic Hermite polynomials (PCHIP) and integrated where both curves are (Bjontegaard 2001,
    VCEG-M33; JCTVC-B055), by the package ``bjontegaard``.

    Args:
        anchor: the method, or baseline, that others are compared with; its own is 0.
        rate: the metric that counts bits.
        metric: the one that says how good a clip is, higher or lower being better.
    """

    direction = Direction(higher=False)

    def __init__(self, anchor: str, rate: str = "bpp", metric: str = "psnr") -> None:
        self.anchor, self.rate, self.metric = anchor, rate, metric

    @property
    def available(self) -> bool:
        """Whether the extra ``coding`` is installed."""
        return find_spec("bjontegaard") is not None

    def points(self, scores: Mapping[str, Any], cases: Sequence[str]) -> list[tuple[float, float]]:
        """(rate, quality) of a clip's or a test's scores, in the order of cases."""
        nothing = math.nan
        return [(scores.get(self.rate + case, nothing), scores.get(self.metric + case, nothing)) for case in cases]


def bd_rate(anchor: Curve, tested: Curve, name: str = "a clip") -> float:
    """Mean difference in rate at equal quality, in percent; not a number where it cannot be told, and why is logged.

    Args:
        anchor, tested: four points or more, in any order; of quality more is better, or less of all points.
        name: what the log calls it.
    """
    from bjontegaard import bd_rate as library  # of the extra "coding"

    curves = [np.array(sorted(points), float).reshape(-1, 2) for points in (anchor, tested)]
    if not all(np.isfinite(curve).all() for curve in curves):  # a method without bits, or equal frames
        return math.nan
    if fault := next(filter(None, map(_fault, curves)), None):
        logger.warning("%s has no BD-rate: %s", name, fault)
        return math.nan
    sign = np.sign(curves[0][-1, 1] - curves[0][0, 1])
    (rate, quality), (other_rate, other_quality) = ((curve[:, 0], sign * curve[:, 1]) for curve in curves)
    shared = _overlap(quality, other_quality)
    if shared == 0:
        logger.warning("%s has no BD-rate: the curves share no quality", name)
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it says of the overlap is said below
        found = library(rate, quality, other_rate, other_quality, "pchip", require_matching_points=False)
    if shared < OVERLAP:
        told = "%s: its BD-rate rests on the %.0f %% of their range of quality that both curves have"
        logger.warning(told, name, 100 * shared)
    return float(found)


def _fault(curve: np.ndarray) -> str | None:
    if len(curve) < FEWEST:
        return f"a curve has {len(curve)} points, {FEWEST} are needed"
    if (curve[:, 0] <= 0).any():
        return "a rate is not above 0"
    steps = np.diff(curve[:, 1])
    if not ((steps > 0).all() or (steps < 0).all()) or (np.diff(curve[:, 0]) <= 0).any():
        return "quality does not improve with each step in rate"
    return None


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    """The share of the range that both span in which both are."""
    shared = min(first.max(), second.max()) - max(first.min(), second.min())
    return max(0.0, shared) / (max(first.max(), second.max()) - min(first.min(), second.min()))
