"""Masks made of masks."""

from collections.abc import Sequence

import numpy as np

from vidgan.data.clip import Piece
from vidgan.masks.base import Holes, Masks
from vidgan.randomness import mix


class OneOf(Masks):
    """For each clip one of several kinds, all equally often.

    Args:
        kinds: what is chosen from.
        seed: of :class:`Masks`.
    """

    def __init__(self, kinds: Sequence[Masks], seed: int = 0) -> None:
        super().__init__(seed)
        self.kinds = list(kinds)

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        kind = self.kinds[mix(seed, "kind") % len(self.kinds)]
        return kind.draw(mix(seed, kind.seed), piece, height, width)


class Together(Masks):
    """Several kinds in each clip.

    Args:
        kinds: all of them.
        seed: of :class:`Masks`.
    """

    def __init__(self, kinds: Sequence[Masks], seed: int = 0) -> None:
        super().__init__(seed)
        self.kinds = list(kinds)

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        drawn = [
            kind.draw(mix(seed, number, kind.seed), piece, height, width) for number, kind in enumerate(self.kinds)
        ]
        return np.maximum.reduce(drawn)
