"""Film grain: correlated in space, new in every frame, strongest in the mid-tones."""

import torch
from kornia.filters import filter2d
from torch import Tensor

from vidgan.degradations.blur import gaussian_kernels
from vidgan.degradations.draws import Range, between
from vidgan.degradations.noise import Noise

_SIDE = 9  # pixels of the kernel; it holds a Gaussian of up to two pixels


class FilmGrain(Noise):
    """Normal noise through a Gaussian filter, scaled by ``sqrt(4 v (1 - v))`` of the pixel's value v.

    A model of its look in the manner of codecs' film-grain synthesis (AV1, section 7.18.3), not of silver halide.

    Args:
        sigma: range of the standard deviation in mid-gray, in 8-bit levels.
        size: range of the deviation of the filter in pixels.
        gray: probability that the grain is the same in all channels, as of black-and-white film.
        clip: saturate the result to [0, 1].
    """

    def __init__(
        self, sigma: Range = (3.0, 20.0), size: Range = (0.4, 1.2), gray: float = 0.5, clip: bool = False
    ) -> None:
        super().__init__(gray, clip)
        self.sigma = sigma
        self.size = size

    def sigma_of(self, frames: Tensor, seeds: Tensor) -> Tensor:
        values = frames.clamp(0, 1)
        return between(seeds, "grain sigma", self.sigma) / 255 * (4 * values * (1 - values)).sqrt()

    def draws(self, frames: Tensor, seeds: Tensor, start: int) -> Tensor:
        white = super().draws(frames, seeds, start)
        size = between(seeds, "grain size", self.size).view(-1, 1, 1)
        kernels = gaussian_kernels(size, size, torch.zeros_like(size), _SIDE)
        kernels = kernels / kernels.square().sum((1, 2), keepdim=True).sqrt()  # keeps the variance
        return filter2d(white.flatten(1, 2), kernels, border_type="circular").view_as(white)
