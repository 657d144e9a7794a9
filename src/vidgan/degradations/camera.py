"""Noise of a camera: photons and electronics, added to linear light and seen through the sRGB curve."""

import math

import torch
from torch import Tensor

from vidgan.degradations.draws import Range, between
from vidgan.degradations.noise import Noise
from vidgan.randomness import normal

# Of the sRGB curve, IEC 61966-2-1.
_TOE, _TOE_SLOPE, _OFFSET, _EXPONENT = 0.0031308, 12.92, 0.055, 2.4


def to_linear(values: Tensor) -> Tensor:
    """sRGB in [0, 1] to linear light in [0, 1]; the straight toe goes on below 0."""
    curve = ((values.clamp(min=_TOE) + _OFFSET) / (1 + _OFFSET)) ** _EXPONENT
    return torch.where(values > _TOE * _TOE_SLOPE, curve, values / _TOE_SLOPE)


def to_srgb(light: Tensor) -> Tensor:
    """The inverse of :func:`to_linear`."""
    curve = (1 + _OFFSET) * light.clamp(min=_TOE) ** (1 / _EXPONENT) - _OFFSET
    return torch.where(light > _TOE, curve, _TOE_SLOPE * light)


def srgb_slope(light: Tensor) -> Tensor:
    """Derivative of :func:`to_srgb`."""
    curve = (1 + _OFFSET) / _EXPONENT * light.clamp(min=_TOE) ** (1 / _EXPONENT - 1)
    return torch.where(light > _TOE, curve, _TOE_SLOPE)


class CameraNoise(Noise):
    """Poisson-Gaussian noise in linear light, in its normal approximation (Foi et al. 2008).

    Its variance is ``shot * light + read``. The shot variance is drawn log-uniformly; the read variance follows from it
    as in real sensors, log(read) = 2.18 log(shot) + 1.20 + N(0, 0.26) (Brooks et al. 2019, "Unprocessing images for
    learned raw denoising", section 3.1).

    Args:
        shot: range of the variance at full white.
        clip: saturate the result to [0, 1].
    """

    def __init__(self, shot: Range = (1e-4, 0.012), clip: bool = False) -> None:
        super().__init__(clip=clip)
        self.shot = shot

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        light = to_linear(frames)
        noisy = to_srgb(light + self._variance(light, seeds).sqrt() * self.draws(frames, seeds, start))
        return noisy.clamp(0, 1) if self.clip else noisy

    def sigma_of(self, frames: Tensor, seeds: Tensor) -> Tensor:
        """To first order: the deviation in linear light times the slope of the sRGB curve."""
        light = to_linear(frames.clamp(0, 1))
        return self._variance(light, seeds).sqrt() * srgb_slope(light)

    def _variance(self, light: Tensor, seeds: Tensor) -> Tensor:
        low, high = (math.log(bound) for bound in self.shot)
        log_shot = between(seeds, "noise shot", (low, high))
        spread = 0.26 * normal(seeds, "noise read").view_as(log_shot)
        read = torch.exp(2.18 * log_shot + 1.20 + spread)
        return torch.exp(log_shot) * light.clamp(min=0) + read
