"""How large a body is, and where in a picture it may be, by its key points.

Lengths are shares of the height of the body, from sole to crown (Drillis and Contini 1966, "Body segment parameters").
"""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import bridged

_BONES = {("shoulder", "elbow"): 0.186, ("elbow", "wrist"): 0.146, ("hip", "knee"): 0.245, ("knee", "ankle"): 0.246}
_TRUNK = 0.288  # from the line of the shoulders to that of the hips
_HAND, _FOOT, _HEAD = 0.108, 0.06, 0.075  # beyond the wrist, around the ankle, around the face
_LIMB = 0.035  # half of its width
_MARGIN = 0.025  # for clothes, hair, and key points that are a little off
_LONGEST = 80  # percentile of the estimates by single bones: a bone that points at the camera looks short
_SIXTEENTHS = 4  # OpenCV takes places in these shares of a pixel

_JOINT = OPENPOSE_18.index
_PAIRS = [
    (_JOINT(f"{side}_{start}"), _JOINT(f"{side}_{stop}"), share)
    for (start, stop), share in _BONES.items()
    for side in ("right", "left")
]
_SHOULDERS, _HIPS = ([_JOINT(f"{side}_{part}") for side in ("right", "left")] for part in ("shoulder", "hip"))
_ARMS = [[_JOINT(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist")] for side in ("right", "left")]
_LEGS = [[_JOINT(f"{side}_{part}") for part in ("hip", "knee", "ankle")] for side in ("right", "left")]
_FACE = [_JOINT("nose"), *(_JOINT(f"{side}_{part}") for part in ("eye", "ear") for side in ("right", "left"))]


def body_heights(points: Points) -> NDArray[np.float64]:
    """The height of a standing body of that size in each frame, in pixels, whatever its pose.

    Args:
        points: (T, 18, 2 or more) of OpenPose-18, missing ones NaN.

    Returns:
        (T,), NaN where no bone is seen. A frame that differs from the eight around it does not count.
    """
    places = points[..., :2].astype(np.float64)
    found = [_length(places[:, a] - places[:, b]) / share for a, b, share in _PAIRS]
    found.append(_length(places[:, _SHOULDERS].mean(1) - places[:, _HIPS].mean(1)) / _TRUNK)
    estimates = np.stack(found, 1)
    heights = np.full(len(places), np.nan)
    seen = np.isfinite(estimates).any(1)
    heights[seen] = np.nanpercentile(estimates[seen], _LONGEST, axis=1)
    heights[seen] = median_filter(heights[seen], 9, mode="nearest")
    return heights


def silhouettes(points: Points, height: int, width: int) -> NDArray[np.bool_]:
    """Where the person may be, generously: what is outside shows the scene behind.

    Gaps in the movement are bridged by straight lines. Where a key point is never seen, what hangs on it is left out.

    Args:
        points: (T, 18, 2 or more) of OpenPose-18 as (x, y) in pixels, missing ones NaN.
        height, width: of the frames.

    Returns:
        (T, height, width).
    """
    places = bridged(points[..., :2].reshape(len(points), -1).astype(np.float64)).reshape(len(points), -1, 2)
    heights = bridged(body_heights(places.astype(np.float32))[:, None])[:, 0]
    canvas = np.zeros((len(points), height, width), np.uint8)
    for frame, body, size in zip(canvas, places, heights, strict=True):
        if np.isfinite(size):
            _draw(frame, body, size)
    return canvas > 0


def _draw(canvas: NDArray[np.uint8], body: NDArray[np.float64], size: float) -> None:
    for chain in (*_ARMS, *_LEGS):
        for start, stop in pairwise(chain):
            _bar(canvas, body[start], body[stop], (_LIMB + _MARGIN) * size)
    for _, elbow, wrist in _ARMS:
        direction = body[wrist] - body[elbow]
        tip = body[wrist] + direction / max(float(_length(direction)), 1.0) * _HAND * size
        _bar(canvas, body[wrist], tip, (_LIMB + _MARGIN) * size)
    for *_, ankle in _LEGS:
        _bar(canvas, body[ankle], body[ankle], (_FOOT + _MARGIN) * size)
    face = body[_FACE][np.isfinite(body[_FACE]).all(1)]
    neck = body[_SHOULDERS].mean(0)
    if len(face):
        _bar(canvas, face.mean(0), face.mean(0), (_HEAD + _MARGIN) * size)
        _bar(canvas, face.mean(0), neck, (_LIMB + _MARGIN) * size)
    trunk = body[[*_SHOULDERS, *_HIPS[::-1]]]
    if np.isfinite(trunk).all():
        cv2.fillConvexPoly(canvas, cv2.convexHull(_fixed(trunk)), 1, shift=_SIXTEENTHS)
        for start, stop in zip(trunk, np.roll(trunk, 1, 0), strict=True):
            _bar(canvas, start, stop, (_LIMB + _MARGIN) * size)


def _bar(canvas: NDArray[np.uint8], start: NDArray[np.float64], stop: NDArray[np.float64], radius: float) -> None:
    """A line with round ends; nothing where an end is missing."""
    if np.isfinite([start, stop]).all():
        first, last = (tuple(map(int, end)) for end in _fixed(np.stack([start, stop])))
        cv2.line(canvas, first, last, 1, max(1, round(2 * radius)), shift=_SIXTEENTHS)


def _fixed(places: NDArray[np.float64]) -> NDArray[np.int32]:
    # Far outside of any frame is far enough: OpenCV's fixed point would overflow.
    return np.clip(places * (1 << _SIXTEENTHS), -(1 << 22), 1 << 22).round().astype(np.int32)


def _length(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.hypot(difference[..., 0], difference[..., 1]))
