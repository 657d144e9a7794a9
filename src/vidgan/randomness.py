"""Randomness as a function: every draw follows from integers and a name, never from a generator's state.

Own code because torch's generators are stateful and differ between devices; a counter-based hash
(splitmix64, Steele et al. 2014, "Fast splittable pseudorandom number generators") is neither.
"""

import hashlib
import math

import torch
from torch import Tensor

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
_AT_ONCE = 1 << 22  # draws of a seed: the words they are made of take several times the memory of the draws


def _signed(value: int) -> int:
    """The int64 with the same 64 bits as ``value``."""
    return value - (1 << 64) if value >= 1 << 63 else value


def _finalize(value: int) -> int:
    value = ((value ^ (value >> 30)) * _MIX_1) & _MASK
    value = ((value ^ (value >> 27)) * _MIX_2) & _MASK
    return value ^ (value >> 31)


def mix(*parts: int | str) -> int:
    """Hashes integers and names into one seed in [0, 2**63); the same parts give the same seed everywhere."""
    state = 0
    for part in parts:
        if isinstance(part, str):
            part = int.from_bytes(hashlib.blake2b(part.encode(), digest_size=8).digest(), "little")
        state = _finalize((state + _GOLDEN + part) & _MASK)
    return state >> 1


def _shift(bits: Tensor, count: int) -> Tensor:
    """Logical right shift; torch's is arithmetic on int64."""
    return (bits >> count) & ((1 << (64 - count)) - 1)


def _hash(seeds: Tensor, stream: str, first: int, count: int) -> Tensor:
    """(B, count) words of 64 bits: those with the numbers ``first`` to ``first + count`` of each seed's stream."""
    counter = torch.arange(first + 1, first + count + 1, device=seeds.device, dtype=torch.int64) * _signed(_GOLDEN)
    base = (seeds.to(torch.int64) ^ mix(stream)) * _signed(_MIX_1)
    bits = base[:, None] + counter[None]
    bits = (bits ^ _shift(bits, 30)) * _signed(_MIX_1)
    bits = (bits ^ _shift(bits, 27)) * _signed(_MIX_2)
    return bits ^ _shift(bits, 31)


def uniform(seeds: Tensor, stream: str, *shape: int) -> Tensor:
    """Uniform draws in [0, 1), one block of ``shape`` for each seed.

    Args:
        seeds: (B,) int64, one for each sample.
        stream: name of the quantity drawn, so that two quantities of one sample are independent.
        shape: shape of one sample's draws; none gives one number a sample.

    Returns:
        (B, *shape) float32 on the device of ``seeds``, the same values on every device.
    """
    draws = _shift(_hash(seeds, stream, 0, math.prod(shape)), 40).to(torch.float32) * 2.0**-24
    return draws.view(len(seeds), *shape)


def normal(seeds: Tensor, stream: str, *shape: int, start: int = 0) -> Tensor:
    """Standard normal draws (Box-Muller) with the arguments of :func:`uniform`.

    Args:
        start: rows of the first dimension that are passed over: parts of a block can be drawn one after the other.
    """
    count, first = math.prod(shape), start * math.prod(shape[1:])
    blocks = [
        _normal(_hash(seeds, stream, first + done, min(_AT_ONCE, count - done))) for done in range(0, count, _AT_ONCE)
    ]
    return torch.cat(blocks, dim=1).view(len(seeds), *shape)


def _normal(bits: Tensor) -> Tensor:
    radius = (_shift(bits, 40).to(torch.float32) + 1) * 2.0**-24
    angle = (bits & ((1 << 24) - 1)).to(torch.float32) * (2.0**-24 * 2 * math.pi)
    return torch.sqrt(-2 * torch.log(radius)) * torch.cos(angle)
