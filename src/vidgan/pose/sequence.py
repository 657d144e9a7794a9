"""Key points over time: one array, whatever file or estimator they come from."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vidgan.errors import UserError
from vidgan.pose.skeleton import Skeleton

Points = NDArray[np.float32]

MOST_BYTES = 1 << 30  # of key points: an hour of a hundred people has a fifth of it

# What stands for a joint that the other skeleton lacks: the mean of its parts.
SYNTHESISED = {
    "neck": ("left_shoulder", "right_shoulder"),
    "mid_hip": ("left_hip", "right_hip"),
    "left_big_toe": ("left_foot_index",),
    "left_small_toe": ("left_foot_index",),
    "right_big_toe": ("right_foot_index",),
    "right_small_toe": ("right_foot_index",),
    "left_foot_index": ("left_big_toe",),
    "right_foot_index": ("right_big_toe",),
}


@dataclass(frozen=True)
class KeypointSequence:
    """P persons followed through T frames. A key point that is missing is NaN in all three numbers.

    Attributes:
        points: (T, P, K, 3) float32 as (x, y, confidence): pixels, integers being pixel centres, and 0 to 1. What is
            not finite is made NaN as a whole.
        skeleton: what the K key points are.
        size: width and height of the frames in pixels; None where it is not known.
        fps: frames a second; None where it is not known.

    Raises:
        ValueError: the points are of another shape, or size or rate are not positive.
    """

    points: Points
    skeleton: Skeleton
    size: tuple[int, int] | None = None
    fps: Fraction | None = None

    def __post_init__(self) -> None:
        points = np.array(self.points, np.float32)
        if points.ndim != 4 or points.shape[2:] != (len(self.skeleton), 3):
            raise ValueError(f"{self.skeleton.name} needs (T, P, {len(self.skeleton)}, 3), not {points.shape}")
        if min(self.size or (1,)) < 1 or (self.fps is not None and self.fps <= 0):
            raise ValueError(f"frames of {self.size} pixels at {self.fps} a second are none")
        points[~np.isfinite(points).all(-1)] = np.nan
        object.__setattr__(self, "points", points)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def present(self) -> NDArray[np.bool_]:
        """(T, P, K): which key points are there."""
        return ~np.isnan(self.points[..., 0])

    def with_points(self, points: Points) -> Self:
        return replace(self, points=points)

    def person(self, index: int) -> Self:
        """The sequence of one person, P = 1."""
        return self.with_points(self.points[:, index : index + 1])

    def converted(self, skeleton: Skeleton) -> Self:
        return replace(self, points=convert(self.points, self.skeleton, skeleton), skeleton=skeleton)

    def surer(self, confidence: float) -> Self:
        """The sequence without the key points of less confidence."""
        return self.with_points(np.where(self.points[..., 2:] < confidence, np.float32(np.nan), self.points))


def convert(points: Points, source: Skeleton, target: Skeleton) -> Points:
    """Key points in the order of another skeleton.

    A joint that ``source`` lacks is the mean of its parts (see ``SYNTHESISED``), with the least of their confidences,
    and missing if one of them is; where it has none it is missing.

    Args:
        points: (..., K, 3).

    Returns:
        (..., K of ``target``, 3).
    """
    result = np.full((*points.shape[:-2], len(target), 3), np.nan, np.float32)
    for index, joint in enumerate(target.joints):
        parts = (joint,) if joint in source.joints else SYNTHESISED.get(joint, ())
        if parts and set(parts) <= set(source.joints):
            own = points[..., [source.index(part) for part in parts], :]
            result[..., index, :2] = own[..., :2].mean(-2)
            result[..., index, 2] = own[..., 2].min(-1)
    return result


def flip(points: Points, skeleton: Skeleton, width: int) -> Points:
    """Key points (..., K, 2 or more) of frames mirrored left to right, left and right key points swapped."""
    flipped = points[..., skeleton.swap, :].copy()
    flipped[..., 0] = width - 1 - flipped[..., 0]
    return flipped


def no_points(path: Path, frames: int, persons: int, skeleton: Skeleton) -> Points:
    """Missing key points (T, P, K, 3), as many as a file asks for.

    Raises:
        UserError: it asks for more than any recording has.
    """
    shape = frames, persons, len(skeleton), 3
    if (size := 4 * math.prod(shape)) > MOST_BYTES:
        raise UserError(f"{path}: {frames:,} frames of {persons:,} persons would take {size:,} bytes; split it.")
    return np.full(shape, np.nan, np.float32)
