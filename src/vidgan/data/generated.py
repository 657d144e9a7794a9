"""Data that is made while it is loaded: any number of clips, each of random numbers of its own."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from torch.utils.data import Dataset

from vidgan.data.clip import Clip
from vidgan.data.datamodule import DataModule, Loading
from vidgan.randomness import mix

Stream = Sequence[int | str]


class GeneratedClips(Dataset[Clip]):
    """Clip n, for any n, a function of the stream and n; a subclass writes ``__getitem__``.

    Args:
        stream: what names the set of clips; two streams have none in common.
        count: length where it has one.
    """

    def __init__(self, stream: Stream, count: int = 0) -> None:
        self.stream, self.count = tuple(stream), count

    def __len__(self) -> int:
        return self.count

    def name(self, number: int) -> str:
        return f"{self.stream[0]}#{number}"

    def seed(self, number: int, what: str = "randomness") -> int:
        """Of what is drawn for one purpose; by default, for what a task does to the clip."""
        return mix(*self.stream, number, what)

    def random(self, number: int, what: str) -> np.random.Generator:
        return np.random.default_rng(self.seed(number, what))


class GeneratedData(DataModule):
    """Every training clip is new, the evaluated ones are always the same, and training never sees them.

    Args:
        batch_size: clips in an iteration, over all devices.
        seed: what training draws follows from it and from the number of the sample.
        loading: the machine's half.
    """

    def __init__(self, batch_size: int, seed: int, loading: Loading | None) -> None:
        super().__init__(batch_size, loading)
        self.seed = seed

    @abstractmethod
    def clips(self, stream: Stream, evaluated: bool) -> GeneratedClips:
        """Those of a stream, as many and as long as they are trained on or evaluated."""

    @cached_property
    def training(self) -> GeneratedClips:
        return self.clips(("train", self.seed), evaluated=False)

    def evaluated(self, split: Literal["val", "test"]) -> GeneratedClips:
        return self.clips((split,), evaluated=True)

    def blank(self) -> Clip:
        return self.training[0].to_float()
