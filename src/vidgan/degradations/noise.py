"""Sensor noise: new in every frame, of a strength that is fixed over the clip."""

import torch
from torch import Tensor

from vidgan.degradations.base import Degradation
from vidgan.degradations.draws import Range, between, happens
from vidgan.randomness import normal


class Noise(Degradation):
    """Additive normal noise of a deviation that a subclass gives.

    Args:
        gray: probability that the noise is the same in all channels.
        clip: saturate the result to [0, 1]; benchmarks of denoising do not.
    """

    sees = "numbered frame"

    def __init__(self, gray: float = 0.0, clip: bool = False) -> None:
        super().__init__()
        self.gray = gray
        self.clip = clip

    def sigma_of(self, frames: Tensor, seeds: Tensor) -> Tensor:
        raise NotImplementedError

    def draws(self, frames: Tensor, seeds: Tensor, start: int) -> Tensor:
        """Standard normal noise in the shape of ``frames``, the first of which has the number ``start``."""
        noise = normal(seeds, "noise", *frames.shape[1:], start=start)
        return torch.where(happens(seeds, "noise gray", self.gray), noise[:, :, :1], noise)

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        noisy = frames + self.sigma_of(frames, seeds) * self.draws(frames, seeds, start)
        return noisy.clamp(0, 1) if self.clip else noisy


class GaussianNoise(Noise):
    """White Gaussian noise.

    Args:
        sigma: range of the standard deviation in 8-bit levels; equal ends fix it.
        gray: probability that the noise is the same in all channels.
        clip: saturate the result to [0, 1]; benchmarks of denoising do not.
    """

    def __init__(self, sigma: Range = (1.0, 30.0), gray: float = 0.0, clip: bool = False) -> None:
        super().__init__(gray, clip)
        self.sigma = sigma

    def sigma_of(self, frames: Tensor, seeds: Tensor) -> Tensor:
        return between(seeds, "noise sigma", self.sigma) / 255


class ShotNoise(Noise):
    """Photon noise: its variance grows with the signal.

    A normal approximation of the Poisson distribution, which stateless draws can make in parallel; it differs from it
    only where fewer than about ten photons are counted.

    Args:
        strength: range of the factor on the noise of a sensor that counts 255 photons in white.
        gray: probability that the noise is the same in all channels.
        clip: saturate the result to [0, 1].
    """

    def __init__(self, strength: Range = (0.05, 3.0), gray: float = 0.0, clip: bool = False) -> None:
        super().__init__(gray, clip)
        self.strength = strength

    def sigma_of(self, frames: Tensor, seeds: Tensor) -> Tensor:
        return between(seeds, "noise strength", self.strength) * (frames.clamp(min=0) / 255).sqrt()
