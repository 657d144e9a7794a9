"""Samples made of two: one fades into another, or has a part of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.errors import UserError
from vidgan.randomness import mix

_FINEST = 1 << 30


@dataclass
class Mixing:
    """Mixes some of the training samples with another one, all frames alike, and what is aligned with them.

    Args:
        mixup: probability that a sample is blended with another (Zhang et al. 2018), its share drawn from
            Beta(1.2, 1.2), as Yoo et al. 2020 have it for super-resolution.
        cutmix: probability that a box of a sample is that of another (Yun et al. 2019): it has the shape of the frame
            and a part of its area that is drawn uniformly, and is cut off where it leaves the frame.

    Raises:
        ValueError: they are no probabilities, or more than 1 together.
    """

    mixup: float = 0.0
    cutmix: float = 0.0

    def __post_init__(self) -> None:
        if min(self.mixup, self.cutmix) < 0 or self.mixup + self.cutmix > 1:
            raise ValueError(f"mixup={self.mixup} and cutmix={self.cutmix}: two probabilities, at most 1 together")

    def mixes(self, seed: int) -> bool:
        """Whether the sample of this seed is mixed."""
        return self._drawn(seed) < self.mixup + self.cutmix

    def __call__(self, seed: int, own: Clip, other: Clip) -> Clip:
        """A sample that is mixed; its name and its seeds are its own.

        Args:
            seed: everything random follows from it.
            own, other: samples (1, T, C, H, W) of one size, uint8, with the same conditions.

        Raises:
            UserError: a map would be blended, whose values are no colors.
        """
        generator = np.random.default_rng(seed)
        if self._drawn(seed) < self.mixup:
            share = float(generator.beta(1.2, 1.2))
            return _each(own, other, lambda first, second: _blended(first, second, share))
        smallest = min((own.frames, *own.conditions.values()), key=lambda tensor: tensor.shape[-1])
        rows, columns = _box(generator, *smallest.shape[-2:])

        def pasted(first: Tensor, second: Tensor) -> Tensor:
            scale = first.shape[-1] // smallest.shape[-1]
            down, across = (slice(part.start * scale, part.stop * scale) for part in (rows, columns))
            first = first.clone()
            first[..., down, across] = second[..., down, across]
            return first

        return _each(own, other, pasted)

    @staticmethod
    def _drawn(seed: int) -> float:
        return mix(seed, "mixing") % _FINEST / _FINEST


def _each(own: Clip, other: Clip, function: Callable[[Tensor, Tensor], Tensor]) -> Clip:
    conditions = {name: function(value, other.conditions[name]) for name, value in own.conditions.items()}
    return replace(own, frames=function(own.frames, other.frames), conditions=conditions)


def _blended(first: Tensor, second: Tensor, share: float) -> Tensor:
    if first.shape[2] == 1:
        raise UserError(
            "data.augmentation.mixup: this data has maps, whose values cannot be blended; set cutmix instead."
        )
    return (share * first.float() + (1 - share) * second.float()).round().to(torch.uint8)


def _box(generator: np.random.Generator, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns."""
    half = np.sqrt(generator.uniform()) / 2
    middles = [generator.integers(length) for length in (height, width)]
    ends = zip(middles, (round(half * height), round(half * width)), (height, width), strict=True)
    rows, columns = (slice(int(max(0, at - reach)), int(min(length, at + reach))) for at, reach, length in ends)
    return rows, columns
