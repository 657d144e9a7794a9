"""Skeletons drawn on frames."""

import colorsys

import cv2
import numpy as np
from numpy.typing import NDArray

from vidgan.pose.skeleton import Skeleton
from vidgan.video.reader import Frames

_SHIFT = 4  # OpenCV takes coordinates in sixteenths of a pixel
_SIDE_HUES = {"left": (0.45, 0.70), "right": (0.0, 0.17)}  # left is cool, right is warm
_MIDDLE = (235, 235, 235)


def draw(frame: Frames, points: NDArray[np.float32], skeleton: Skeleton) -> Frames:
    """The frame with the skeletons of its persons on it; left limbs are cool, right limbs warm, the trunk is white.

    Args:
        frame: (H, W, 3) uint8 RGB; it is not changed.
        points: (P, K, 3) as (x, y, confidence), NaN where missing; limbs without both ends are left out.
        skeleton: what the K key points are.
    """
    drawn = np.ascontiguousarray(frame).copy()
    thickness = max(2, round(min(frame.shape[:2]) / 150))
    for person in points:
        for (a, b), color in zip(skeleton.limb_indices, _limb_colors(skeleton), strict=True):
            if not np.isnan(person[[a, b], 0]).any():
                cv2.line(drawn, _fixed(person[a]), _fixed(person[b]), color, thickness, cv2.LINE_AA, _SHIFT)
        for point in person[~np.isnan(person[:, 0])]:
            cv2.circle(drawn, _fixed(point), (thickness + 1) << (_SHIFT - 1), (255, 255, 255), -1, cv2.LINE_AA, _SHIFT)
    return drawn


def _fixed(point: NDArray[np.float32]) -> tuple[int, int]:
    # Far outside of any frame is far enough: OpenCV's fixed point would overflow.
    x, y = np.clip(point[:2] * (1 << _SHIFT), -(1 << 24), 1 << 24)
    return round(float(x)), round(float(y))


def _limb_colors(skeleton: Skeleton) -> list[tuple[int, ...]]:
    """A color for each limb, from its side's range of hues in the order of the limbs."""
    sides = [_side(limb) for limb in skeleton.limbs]
    colors: list[tuple[int, ...]] = []
    for number, side in enumerate(sides):
        if side not in _SIDE_HUES:
            colors.append(_MIDDLE)
            continue
        start, stop = _SIDE_HUES[side]
        share = sides[:number].count(side) / max(1, sides.count(side) - 1)
        rgb = colorsys.hsv_to_rgb(start + share * (stop - start), 0.9, 1.0)
        colors.append(tuple(round(255 * part) for part in rgb))
    return colors


def _side(limb: tuple[str, str]) -> str:
    sides = {joint.partition("_")[0] for joint in limb} & {"left", "right"}
    return sides.pop() if len(sides) == 1 else "middle"
