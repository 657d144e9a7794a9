"""Random blur: Gaussian kernels, round or stretched, and the ringing low-pass of Real-ESRGAN."""

import math

import torch
from kornia.filters import filter2d
from torch import Tensor

from vidgan.degradations.base import Degradation
from vidgan.degradations.draws import Range, between, happens


def _grid(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    offsets = torch.arange(size, device=device, dtype=torch.float32) - size // 2
    return offsets[:, None], offsets[None]


def gaussian_kernels(along: Tensor, across: Tensor, angle: Tensor, size: int) -> Tensor:
    """Gaussian kernels with standard deviations in pixels along and across an axis at ``angle`` radians.

    Args:
        along, across, angle: (B, 1, 1).
        size: odd number of taps a side.

    Returns:
        (B, size, size), each of sum 1.
    """
    y, x = _grid(size, along.device)
    u = x * angle.cos() + y * angle.sin()
    v = y * angle.cos() - x * angle.sin()
    kernels = torch.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2))
    return kernels / kernels.sum(dim=(1, 2), keepdim=True)


def sinc_kernels(cutoff: Tensor, size: int) -> Tensor:
    """Ideal circular low-pass filters, cut to a window, which makes them ring (Wang et al. 2021, Real-ESRGAN, eq. 6).

    Args:
        cutoff: (B, 1, 1) in radians a pixel; pi passes all.
        size: odd number of taps a side.

    Returns:
        (B, size, size), each of sum 1.
    """
    y, x = _grid(size, cutoff.device)
    distance = torch.hypot(y, x)
    safe = distance.clamp(min=1)
    kernels = cutoff * torch.special.bessel_j1(cutoff * safe) / (2 * math.pi * safe)
    kernels = torch.where(distance == 0, cutoff**2 / (4 * math.pi), kernels)
    return kernels / kernels.sum(dim=(1, 2), keepdim=True)


class RandomBlur(Degradation):
    """Blurs each clip with a kernel of its own; the borders are replicated.

    Args:
        sigma: range of the Gaussian's standard deviation in pixels.
        stretched: probability that the Gaussian has another standard deviation across, at a random angle.
        ringing: probability of a sinc kernel instead, with a cutoff in [pi / 3, pi].
        probability: of any blur at all.
        size: odd number of taps a side.
    """

    sees = "frame"

    def __init__(
        self,
        sigma: Range = (0.2, 3.0),
        stretched: float = 0.5,
        ringing: float = 0.1,
        probability: float = 1.0,
        size: int = 21,
    ) -> None:
        super().__init__()
        self.sigma = sigma
        self.stretched = stretched
        self.ringing = ringing
        self.probability = probability
        self.size = size

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        blurred = filter2d(frames.flatten(1, 2), self.kernels(seeds), border_type="replicate")
        return blurred.view_as(frames).clamp(0, 1)

    def kernels(self, seeds: Tensor) -> Tensor:
        """(B, size, size) kernels of the seeds (B,)."""

        def draw(stream: str, bounds: Range) -> Tensor:
            return between(seeds, f"blur {stream}", bounds).flatten(2)

        def chosen(stream: str, probability: float) -> Tensor:
            return happens(seeds, f"blur {stream}", probability).flatten(2)

        along = draw("along", self.sigma)
        across = torch.where(chosen("stretched", self.stretched), draw("across", self.sigma), along)
        kernels = gaussian_kernels(along, across, draw("angle", (0, math.pi)), self.size)
        ringing = sinc_kernels(draw("cutoff", (math.pi / 3, math.pi)), self.size)
        kernels = torch.where(chosen("ringing", self.ringing), ringing, kernels)
        untouched = torch.zeros_like(kernels)
        untouched[:, self.size // 2, self.size // 2] = 1
        return torch.where(chosen("probability", self.probability), kernels, untouched)
