"""Draws of degradation parameters, one for each sample, shaped to multiply (B, T, C, H, W) clips."""

from torch import Tensor

from vidgan.randomness import mix, uniform

Range = tuple[float, float]


def between(seeds: Tensor, stream: str, bounds: Range) -> Tensor:
    """(B, 1, 1, 1, 1) uniform draws from ``bounds``."""
    low, high = bounds
    return (low + (high - low) * uniform(seeds, stream)).view(-1, 1, 1, 1, 1)


def happens(seeds: Tensor, stream: str, probability: float) -> Tensor:
    """(B, 1, 1, 1, 1) bool, true with ``probability``."""
    return (uniform(seeds, stream) < probability).view(-1, 1, 1, 1, 1)


def derived(seeds: Tensor, *name: int | str) -> Tensor:
    """Seeds for one of several parts that would otherwise draw the same."""
    return seeds ^ mix(*name)
