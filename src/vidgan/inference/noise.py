"""Noisy videos through a generator that has to be told how noisy they are."""

from dataclasses import replace
from itertools import chain, islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vidgan.generators.base import Generator
from vidgan.inference.inputs import Input
from vidgan.ops.noise_estimation import estimate_sigma, with_noise_map

SAMPLE = 8  # frames that an estimate is made of


class WithNoiseMap(Generator):
    """A generator that asks for a noise map, with one sigma for all it will see; it takes plain frames.

    Args:
        generator: one whose ``noise_map`` is true.
        sigma: standard deviation of the noise, for values in [0, 1].
    """

    def __init__(self, generator: Generator, sigma: float) -> None:
        super().__init__()
        self.generator = generator
        self.sigma = sigma
        self.scale = generator.scale
        self.temporal = generator.temporal  # type: ignore[misc]  # of the class elsewhere
        self.reach = generator.reach

    @property
    def radius(self) -> int | None:
        return self.generator.radius

    def forward(self, low: Tensor) -> Tensor:
        return self.generator(with_noise_map(low, self.sigma))

    def between(self, low: Tensor, first: int, last: int) -> Tensor:
        return self.generator.between(with_noise_map(low, self.sigma), first, last)  # type: ignore[operator]  # a window one has it

    def stream(self, low: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        return self.generator.stream(with_noise_map(low, self.sigma), state)  # type: ignore[operator]  # a causal one has it


def estimate_noise(given: Input) -> tuple[float, Input]:
    """The sigma of the noise, for values in [0, 1], estimated from the first frames, and the input, none of it lost."""
    items = iter(given.items)
    first = list(islice(items, SAMPLE))
    levels = np.stack([pixels for pixels, _ in first])
    sample = torch.from_numpy(levels.astype(np.float32) / np.iinfo(levels.dtype).max).permute(0, 3, 1, 2)
    return estimate_sigma(sample), replace(given, items=chain(first, items))
