"""Masks of holes, made of seeds: the same for a clip whether it is seen as a whole or piece by piece."""

from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor

from vidgan.data.clip import Clip, Piece
from vidgan.randomness import mix

#: (T, H, W) uint8, 1 in holes.
Holes = np.ndarray

_FASTEST = 3.0  # pixels a frame, as in Chang et al. 2019


class Masks(ABC):
    """A kind of holes; a subclass writes :meth:`draw`. A case of a protocol can hold one as a condition.

    Drawn on the CPU by NumPy and OpenCV, whose generators and rasters are the same on every machine.

    Args:
        seed: makes other holes of the same clips; a protocol states it.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def __call__(self, clip: Clip) -> Tensor:
        """(B, T, 1, H, W) float32, 1 in holes and 0 elsewhere, on the device of the clip."""
        height, width = clip.frames.shape[-2:]
        place = clip.place
        piece = Piece(place.start, place.start, place.start + clip.frames.shape[1], place.total)
        drawn = [self.draw(mix(self.seed, type(self).__name__, int(seed)), piece, height, width) for seed in clip.seeds]
        return torch.from_numpy(np.stack(drawn))[:, :, None].to(clip.frames.device, torch.float32)

    @abstractmethod
    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        """The holes of the frames ``piece.first`` to ``piece.last`` (exclusive) of a clip of ``piece.total`` frames."""


def path(random: np.random.Generator, piece: Piece, height: int, width: int, still: float = 0.5) -> np.ndarray:
    """(T, 2) shifts as (x, y) in whole pixels: none with the probability ``still``, else up to 3 a frame, drifting.

    What has gone half a frame away turns back.
    """
    moves = random.random() >= still
    speed = random.uniform(-_FASTEST, _FASTEST, 2)
    changes = random.normal(0, 0.25, (piece.total, 2))
    if not moves:
        return np.zeros((piece.last - piece.first, 2), int)
    speeds = np.clip(speed + np.cumsum(changes, 0), -_FASTEST, _FASTEST)
    gone = np.cumsum(speeds, 0) - speeds[:1]
    far = np.array([max(1, width / 2), max(1, height / 2)])
    back = far - np.abs((gone + far) % (4 * far) - 2 * far)  # a triangle wave between -far and far, 0 at 0
    return np.rint(back[piece.first : piece.last]).astype(int)
