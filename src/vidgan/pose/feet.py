"""Feet on the ground: when they are there, and how much they slide."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from vidgan.pose.sequence import Points
from vidgan.pose.silhouette import body_heights
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import bridged

_ANKLES = [OPENPOSE_18.index(f"{side}_ankle") for side in ("right", "left")]
_AROUND = 81  # frames in which the ground is looked for: longer than any flight
_ABOVE = 0.06  # heights of the body above the ground from which a foot is in the air
_SLOW = 0.02  # heights of the body a frame below which a foot stands


def in_the_air(points: Points) -> NDArray[np.bool_]:
    """In which frames (T,) both feet are above the ground, which is as low as a foot goes in the frames around.

    Args:
        points: (T, 18, 2 or more) of OpenPose-18, missing ones NaN; where no ankle is seen, nobody is in the air.
    """
    lowest = bridged(_low(points)[:, None])[:, 0]
    if np.isnan(lowest).all():
        return np.zeros(len(points), bool)
    ground = maximum_filter1d(lowest, _AROUND, mode="nearest")
    return np.asarray(ground - lowest > _ABOVE * np.nanmedian(body_heights(points)))


def standing(points: Points) -> NDArray[np.bool_]:
    """Which ankles (T, 2) are on the ground: the lower one, and the other where it is as low, while they are slow."""
    ankles, size = points[:, _ANKLES, :2].astype(np.float64), np.nanmedian(body_heights(points))
    low = ankles[..., 1] >= _low(points)[:, None] - _ABOVE * size
    return np.asarray(low & (_speeds(ankles) < _SLOW * size) & ~in_the_air(points)[:, None])


def sliding(points: Points, contacts: NDArray[np.bool_]) -> float:
    """Mean speed of ankles while they are on the ground, in heights of the body a frame; 0 where none is.

    Args:
        points: (T, 18, 2 or more), as of :func:`in_the_air`.
        contacts: (T, 2), of :func:`standing`, of the movement that these follow.
    """
    speeds = _speeds(points[:, _ANKLES, :2].astype(np.float64))[contacts]
    speeds = speeds[np.isfinite(speeds)]
    return float(speeds.mean() / np.nanmedian(body_heights(points))) if len(speeds) else 0.0


def _low(points: Points) -> NDArray[np.float64]:
    """y of the lower ankle (T,), NaN where none is seen."""
    heights = points[:, _ANKLES, 1].astype(np.float64)
    return np.where(np.isnan(heights).all(1), np.nan, np.fmax(*heights.T))


def _speeds(ankles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels a frame (T, 2), from the frame before to that after; NaN where an ankle is missing."""
    return np.asarray(np.hypot(*np.moveaxis(np.gradient(ankles, axis=0), -1, 0))) if len(ankles) > 1 else ankles[..., 0]
