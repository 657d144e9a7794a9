"""Differences of spectra."""

import torch
from torch import Tensor, nn


class FourierL1(nn.Module):
    """Mean absolute difference of the real and imaginary parts of spectra (MIMO-UNet, Cho et al. 2021, equation 5).

    Clips are (B, T, C, H, W) in [0, 1]; each channel of each frame has a spectrum of its own, a plain sum over its
    pixels, so that the loss of noise grows with the root of their number. MIMO-UNet gives it a weight of 0.1.
    """

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        return torch.view_as_real(_spectrum(fake.float() - real, "backward")).abs().mean()


class FocalFrequency(nn.Module):
    """Squared differences of spectra, each weighted by its own size (Jiang et al. 2021, focal frequency loss, eq. 8).

    Clips are (B, T, C, H, W) in [0, 1]. The spectrum of each channel of each frame is orthonormal; the largest weight
    in it is 1, and weights carry no gradient. With an ``alpha`` of 0 it is the mean squared difference of pixels.

    Args:
        alpha: power of the differences in the weights; 1 in the paper.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        squares = torch.view_as_real(_spectrum(fake.float() - real, "ortho")).square().sum(-1)
        weights = squares.detach().pow(self.alpha / 2)
        largest = weights.amax((-2, -1), keepdim=True)
        return (weights / largest.clamp(min=torch.finfo(largest.dtype).tiny) * squares).mean()


def _spectrum(difference: Tensor, norm: str) -> Tensor:
    """Transforms are linear: that of the difference is the difference of both. Mixed precision leaves them alone."""
    return torch.fft.fft2(difference, norm=norm)
