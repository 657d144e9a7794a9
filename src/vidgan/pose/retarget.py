"""One body's movement where another stands: pose normalization of Everybody Dance Now (Chan et al. 2019, section 3.3).

Poses are moved and scaled so that the source stands where the target stands at the same nearness to the camera, and is
as tall there. Percentiles stand for the paper's extremes, so that a jump or an outlier does not set the range.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidgan.errors import UserError
from vidgan.pose.sequence import KeypointSequence, Points

_Numbers = NDArray[np.float64]
_FAR, _NEAR = 5, 95  # percentiles of the height of the feet


@dataclass(frozen=True)
class PoseStatistics:
    """Where one person's feet are and how tall it is, in pixels, over a sequence.

    Attributes:
        far, near: y of the feet when the person is farthest from the camera and nearest to it.
        far_height, near_height: from nose to feet at these places.
        middle: median x of the feet.
    """

    far: float
    near: float
    far_height: float
    near_height: float
    middle: float

    def foot(self, share: _Numbers) -> _Numbers:
        """y of the feet at shares of the way from far (0) to near (1)."""
        return self.far + share * (self.near - self.far)

    def height(self, share: _Numbers) -> _Numbers:
        return self.far_height + share * (self.near_height - self.far_height)


def pose_statistics(sequence: KeypointSequence) -> PoseStatistics:
    """Those of a sequence of one person.

    Raises:
        UserError: nose and ankles are never seen together, or the nose is never above them.
    """
    feet = _feet(sequence)
    heights = feet[:, 1] - _joint(sequence, "nose")[:, 1]
    if np.isnan(heights).all():
        raise UserError("Nose and ankles are never in the same frame; a whole body is needed to match another's size.")
    seen = heights > 0  # not of a somersault, whose height would turn the other body upside down
    if not seen.any():
        raise UserError("The nose is never above the ankles; a body that stands is needed to match another's size.")
    feet, heights = feet[seen], heights[seen]
    far, near = np.percentile(feet[:, 1], (_FAR, _NEAR))
    middle_height = np.median(heights)
    # Feet of a person that stands are on a line: heights by nearness, as two medians.
    half = feet[:, 1] >= np.median(feet[:, 1])
    apart = (near - far) > 0.05 * middle_height and not half.all()
    far_height = float(np.median(heights[~half])) if apart else float(middle_height)
    near_height = float(np.median(heights[half])) if apart else float(middle_height)
    return PoseStatistics(float(far), float(near), far_height, near_height, float(np.median(feet[:, 0])))


def retargeted(sequence: KeypointSequence, source: PoseStatistics, target: PoseStatistics) -> KeypointSequence:
    """The movement of ``source`` (whose sequence it is, P = 1) where ``target`` stands, and as tall.

    Frames without ankles keep the place of the nearest frames that have them.
    """
    feet: _Numbers = _feet(sequence)[:, 1].astype(np.float64)
    frames, seen = np.arange(len(feet)), np.isfinite(feet)
    feet = np.interp(frames, frames[seen], feet[seen]) if seen.any() else np.full(len(feet), source.near)
    span = source.near - source.far
    share = np.clip((feet - source.far) / span, 0, 1) if span > 1 else np.ones(len(feet))
    scale = (target.height(share) / source.height(share))[:, None, None]
    here, there = (body.foot(share)[:, None, None] for body in (source, target))
    points = sequence.points.copy()
    points[..., 0] = target.middle + scale * (points[..., 0] - source.middle)
    points[..., 1] = there + scale * (points[..., 1] - here)
    return sequence.with_points(points)


def _joint(sequence: KeypointSequence, name: str) -> Points:
    return sequence.points[:, 0, sequence.skeleton.index(name), :2]


def _feet(sequence: KeypointSequence) -> Points:
    """(T, 2): the ankle that is lower in the picture; NaN unless both are seen."""
    left, right = _joint(sequence, "left_ankle"), _joint(sequence, "right_ankle")
    lower = np.where((left[:, 1] > right[:, 1])[:, None], left, right)
    return np.where(np.isfinite(left + right), lower, np.nan)
