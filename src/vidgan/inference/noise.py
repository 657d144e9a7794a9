"""Noisy videos through a generator that has to be told how noisy they are."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vidgan.generators.base import Generator
from vidgan.ops.noise_estimation import estimate_deviation, with_noise_map
from vidgan.video.reader import Frames

SAMPLE = 8  # frames that an estimate is made of


class WithNoiseMap(Generator):
    """A generator that asks for a noise map, with one deviation for all it will see; it takes plain frames.

    Args:
        generator: one whose ``noise_map`` is true.
        deviation: of the noise, for values in [0, 1].
    """

    def __init__(self, generator: Generator, deviation: float) -> None:
        super().__init__()
        self.generator = generator
        self.deviation = deviation
        self.scale = generator.scale
        self.temporal = generator.temporal  # type: ignore[misc]
        self.reach = generator.reach

    @property
    def radius(self) -> int | None:
        return self.generator.radius

    def forward(self, low: Tensor) -> Tensor:
        return self.generator(with_noise_map(low, self.deviation))

    def between(self, low: Tensor, first: int, last: int) -> Tensor:
        return self.generator.between(with_noise_map(low, self.deviation), first, last)  # type: ignore[operator]

    def stream(self, low: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        return self.generator.stream(with_noise_map(low, self.deviation), state)  # type: ignore[operator]


def measured(frames: Iterator[Frames]) -> tuple[float, Iterator[Frames]]:
    """The noise's deviation, for values in [0, 1], estimated from the first frames, and all of the frames again."""
    first = list(islice(frames, SAMPLE))
    sample = torch.from_numpy(np.stack(first)).permute(0, 3, 1, 2).float() / 255
    return estimate_deviation(sample), chain(first, frames)
