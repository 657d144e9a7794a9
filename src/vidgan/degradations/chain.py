"""Degradations made of degradations."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vidgan.degradations.base import Degradation, seen_by
from vidgan.degradations.draws import derived, happens


class Chain(Degradation):
    """One degradation after another; two of the same kind draw differently.

    Args:
        steps: in the order of application; the scale of the chain is the product of theirs.
    """

    def __init__(self, steps: Sequence[Degradation]) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)
        self.scale = math.prod(step.scale for step in steps)
        self.sees = seen_by(steps)

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        for index, step in enumerate(self.steps):
            frames = step(frames, derived(seeds, "step", index), start)
        return frames


class Either(Degradation):
    """For each clip one of two degradations of the same scale.

    Args:
        first, second: what is chosen from.
        probability: of the first.

    Raises:
        ValueError: they are of different scales.
    """

    def __init__(self, first: Degradation, second: Degradation, probability: float = 0.5) -> None:
        super().__init__()
        if first.scale != second.scale:
            raise ValueError(f"scales {first.scale} and {second.scale} differ; the clips of a batch must keep one size")
        self.first = first
        self.second = second
        self.probability = probability
        self.scale = first.scale
        self.sees = seen_by((first, second))

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        chosen = happens(seeds, "either", self.probability)
        return torch.where(chosen, self.first(frames, seeds, start), self.second(frames, seeds, start))
