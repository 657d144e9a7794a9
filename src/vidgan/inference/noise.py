"""Noisy videos through a generator that has to be told how noisy they are."""

from dataclasses import replace
from itertools import chain, islice

import numpy as np
import torch

from vidgan.generators.base import Generator
from vidgan.inference.inputs import Input
from vidgan.inference.maps import WithMap
from vidgan.ops.noise_estimation import estimate_sigma, with_noise_map

SAMPLE = 8  # frames that an estimate is made of


class WithNoiseMap(WithMap):
    """A generator that asks for a noise map, with one sigma for all it will see; it takes plain frames.

    Args:
        generator: one whose ``noise_map`` is true.
        sigma: standard deviation of the noise, for values in [0, 1].
    """

    def __init__(self, generator: Generator, sigma: float) -> None:
        super().__init__(generator, lambda low: with_noise_map(low, sigma))


def estimate_noise(given: Input) -> tuple[float, Input]:
    """The sigma of the noise, for values in [0, 1], estimated from the first frames, and the input, none of it lost."""
    items = iter(given.items)
    first = list(islice(items, SAMPLE))
    levels = np.stack([pixels for pixels, _ in first])
    sample = torch.from_numpy(levels.astype(np.float32) / np.iinfo(levels.dtype).max).permute(0, 3, 1, 2)
    return estimate_sigma(sample), replace(given, items=chain(first, items))
