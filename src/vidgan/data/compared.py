"""What generators of new video are scored on: real clips of the training set, and held-out ones as a control."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch.utils.data import Dataset

from vidgan.data.clip import Clip
from vidgan.randomness import mix

#: Conditions that a scored clip has beside those of a training sample.
CONTROLS = ("held_out", "shuffled")


class ComparedClips(Dataset[Clip]):
    """Clip n is the n-th to be compared with: ``frames`` are of the training set, as published distances are taken.

    All else is the held-out clip's: its name, what a generator draws, and its conditions. Further conditions are
    ``held_out``, its frames, and ``shuffled``, those of another one, of whatever class; both (1, T, 3, H, W).

    Args:
        reference: training clips by number, for as many numbers as there are held-out clips.
        held_out: clips that training does not see.
    """

    def __init__(self, reference: Callable[[int], Clip], held_out: Sequence[Clip] | Any) -> None:
        self.reference, self.held_out = reference, held_out

    def __len__(self) -> int:
        return len(self.held_out)

    def __getitem__(self, number: int) -> Clip:
        clip: Clip = self.held_out[number]
        other: Clip = self.held_out[mix("shuffled", number) % len(self)]
        return replace(
            clip,
            frames=self.reference(number).frames,
            seeds=torch.tensor([mix("scored", number)], dtype=torch.int64),
            conditions={**clip.conditions, "held_out": clip.frames, "shuffled": other.frames},
        )
