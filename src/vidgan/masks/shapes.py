"""Holes that hide a part of the scene, where it is or moving."""

import cv2
import numpy as np

from vidgan.data.clip import Piece
from vidgan.masks.base import Holes, Masks, path

_CURVE = 12  # points of each edge of a blob


class _Moving(Masks):
    """Holes that move in some clips, see :func:`vidgan.masks.base.path`.

    Args:
        still: the share of clips in which they do not.
        seed: of :class:`Masks`.
    """

    def __init__(self, still: float = 0.5, seed: int = 0) -> None:
        super().__init__(seed)
        self.still = still


class Blobs(_Moving):
    """One blob with a rim of 6 to 8 Bezier curves, a third to all of each side of the frame; half of them stand still.

    Those of Chang et al. 2019 ("Free-form video inpainting") and STTN (Zeng et al. 2020), in other proportions:
    ``smallest`` and ``largest`` are shares of the frame's sides.

    Args:
        smallest, largest: of a blob's height and width, as shares of the frame's.
        still, seed: the share of clips in which it does not move, and :class:`Masks`'.
    """

    def __init__(self, smallest: float = 1 / 3, largest: float = 1.0, still: float = 0.5, seed: int = 0) -> None:
        super().__init__(still, seed)
        self.smallest, self.largest = smallest, largest

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        random = np.random.default_rng(seed)
        size = random.uniform(self.smallest, self.largest, 2) * (width, height)
        corners = _around(random, int(random.integers(6, 9)))
        center = random.uniform(0.25, 0.75, 2) * (width, height)
        rim = _curved(corners) * size / 2 + center
        return _filled(rim, path(random, piece, height, width, self.still), height, width)


class Boxes(_Moving):
    """One rectangle, upright, a sixth to a half of each side of the frame; half of them stand still."""

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        random = np.random.default_rng(seed)
        size = random.uniform(1 / 6, 1 / 2, 2) * (width, height)
        first = random.uniform(0, 1, 2) * ((width, height) - size)
        rim = first + np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * size
        return _filled(rim, path(random, piece, height, width, self.still), height, width)


class Strokes(_Moving):
    """One to four strokes of a brush, of three to six turns, a fiftieth to a tenth of the frame wide."""

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        random = np.random.default_rng(seed)
        strokes = [
            (
                random.uniform(0, 1, (int(random.integers(3, 7)), 2)) * (width, height),
                max(1, round(random.uniform(0.02, 0.1) * min(height, width))),
            )
            for _ in range(int(random.integers(1, 5)))
        ]
        shifts = path(random, piece, height, width, self.still)
        holes = np.zeros((len(shifts), height, width), np.uint8)
        for hole, shift in zip(holes, shifts, strict=True):
            for turns, thickness in strokes:
                cv2.polylines(hole, [np.rint(turns + shift).astype(np.int32)], False, 1, thickness)
        return holes


def _around(random: np.random.Generator, count: int) -> np.ndarray:
    """(count, 2) corners in their order around the origin, the farthest 1 away in x and in y."""
    angles = (np.arange(count) + random.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
    corners = random.uniform(0.5, 1, count)[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    return corners / np.abs(corners).max(0)


def _curved(corners: np.ndarray) -> np.ndarray:
    """(N, 2) points of the closed curve of quadratic Bezier pieces whose control points are the corners."""
    after = np.roll(corners, -1, 0)
    begins, ends = (corners + np.roll(corners, 1, 0)) / 2, (corners + after) / 2
    t = (np.arange(_CURVE) / _CURVE)[None, :, None]
    curve = (1 - t) ** 2 * begins[:, None] + 2 * t * (1 - t) * corners[:, None] + t**2 * ends[:, None]
    return curve.reshape(-1, 2)


def _filled(rim: np.ndarray, shifts: np.ndarray, height: int, width: int) -> Holes:
    holes = np.zeros((len(shifts), height, width), np.uint8)
    for hole, shift in zip(holes, shifts, strict=True):
        cv2.fillPoly(hole, [np.rint(rim + shift).astype(np.int32)], 1)
    return holes
