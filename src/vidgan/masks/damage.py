"""Holes of old film: vertical scratches, and dust."""

import cv2
import numpy as np

from vidgan.data.clip import Piece
from vidgan.masks.base import Holes, Masks

_LONGEST = 3  # frames that a speck stays


class Scratches(Masks):
    """One to four vertical lines of 1 to 3 pixels that sway by a pixel or two from frame to frame.

    Each is there for 60 % of the frames, in stretches of about a dozen: film is scratched as it runs.
    """

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        random = np.random.default_rng(seed)
        holes = np.zeros((piece.last - piece.first, height, width), np.uint8)
        for _ in range(int(random.integers(1, 5))):
            thickness, x = int(random.integers(1, 4)), random.uniform(0, width)
            sway = np.cumsum(random.normal(0, 0.5, piece.total))
            top, bottom = (round(end) for end in np.sort(random.uniform(-0.3, 1.3, 2)) * height)
            phase, period = random.uniform(0, 20), 20.0
            there = (np.arange(piece.total) + phase) % period < 0.6 * period
            for number, hole in zip(range(piece.first, piece.last), holes, strict=True):
                if there[number]:
                    left = round(x + sway[number])
                    rows, columns = (slice(max(0, a), max(0, b)) for a, b in ((top, bottom), (left, left + thickness)))
                    hole[rows, columns] = 1
        return holes


class Dust(Masks):
    """Specks of 1 to 6 pixels and a few hairs, each for one to three frames, in other places all the time.

    Args:
        density: specks that appear in a frame of 10,000 pixels.
        seed: of :class:`Masks`.
    """

    def __init__(self, density: float = 1.5, seed: int = 0) -> None:
        super().__init__(seed)
        self.density = density

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        holes = np.zeros((piece.last - piece.first, height, width), np.uint8)
        for born in range(max(0, piece.first - _LONGEST + 1), piece.last):
            random = np.random.default_rng((seed, born))
            for _ in range(random.poisson(self.density * height * width / 10_000)):
                stays = int(random.integers(1, _LONGEST + 1))
                x, y = (int(at) for at in random.uniform(0, 1, 2) * (width, height))
                axes = [
                    max(1, round(axis)) for axis in random.uniform(0.5, 3, 2) * (1, 4 if random.random() < 0.1 else 1)
                ]
                angle = random.uniform(0, 180)
                for number in range(max(born, piece.first), min(born + stays, piece.last)):
                    cv2.ellipse(holes[number - piece.first], (x, y), axes, angle, 0, 360, 1, -1)
        return holes
