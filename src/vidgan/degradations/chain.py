"""Degradations made of degradations."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vidgan.degradations.base import Degradation, seen_by
from vidgan.degradations.draws import derived, happens
from vidgan.randomness import uniform


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


class Pool(Degradation):
    """For each clip one of several degradations of the same scale, which alone is computed.

    Args:
        kinds: what is chosen from.
        weights: how likely each is beside the others; none for all alike.

    Raises:
        ValueError: there is none, they are of different scales, or there is another number of weights, or none above 0.
    """

    def __init__(self, kinds: Sequence[Degradation], weights: Sequence[float] | None = None) -> None:
        super().__init__()
        if len(scales := {kind.scale for kind in kinds}) != 1:
            raise ValueError(f"{len(kinds)} kinds have the scales {sorted(scales)}; the clips of a batch keep one size")
        weights = [1.0] * len(kinds) if weights is None else list(weights)
        if len(weights) != len(kinds) or min(weights) < 0 or not sum(weights):
            raise ValueError(f"weights is {weights}; it needs {len(kinds)} numbers from 0 on, and one above 0")
        self.kinds = nn.ModuleList(kinds)
        self.weights = weights
        (self.scale,) = scales
        self.sees = seen_by(kinds)

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        bounds = torch.tensor(self.weights, device=seeds.device).cumsum(0)
        chosen = torch.bucketize(uniform(seeds, "pool"), bounds / bounds[-1], right=True)
        made = frames.new_empty(*frames.shape[:-2], *(side // self.scale for side in frames.shape[-2:]))
        for number, kind in enumerate(self.kinds):
            if (its := (chosen == number).nonzero()[:, 0]).numel():
                made[its] = kind(frames[its], derived(seeds[its], "kind", number), start)
        return made
