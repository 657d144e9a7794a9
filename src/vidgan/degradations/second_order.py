"""A degradation like those of unknown videos, after Real-ESRGAN (Wang et al. 2021, arXiv:2107.10833)."""

import torch
from torch import Tensor, nn

from vidgan.degradations.base import Degradation, quantized, seen_by
from vidgan.degradations.draws import Range, derived
from vidgan.ops.resize import Kernel, resize
from vidgan.randomness import uniform

_KERNELS: tuple[Kernel, ...] = ("bilinear", "bicubic", "lanczos")


class Stage(nn.Module):
    """Blur, a random size, and noise.

    Args:
        blur: applied first.
        noise: applied last.
        shrink: probability of a factor between the lower bound of ``factors`` and 1.
        stretch: probability of a factor between 1 and the upper bound; the rest keeps the size.
        factors: bounds of the factor on height and width.
    """

    def __init__(self, blur: Degradation, noise: Degradation, shrink: float, stretch: float, factors: Range) -> None:
        super().__init__()
        self.blur = blur
        self.noise = noise
        self.shrink = shrink
        self.stretch = stretch
        self.factors = factors

    def forward(self, clip: Tensor, seed: Tensor, size: tuple[int, int], start: int) -> Tensor:
        """One clip (1, T, C, H, W) to the height and width ``size`` times the factor that ``seed`` (1,) draws.

        Its first frame has the number ``start``.
        """
        factor = self._factor(seed)
        target = max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
        return self.noise(resize(self.blur(clip, seed, start), target, _kernel(seed)).clamp(0, 1), seed, start)

    def _factor(self, seed: Tensor) -> float:
        kind, place = uniform(seed, "resize", 2)[0].tolist()
        low, high = self.factors
        if kind < self.shrink:
            return low + (1 - low) * place
        return 1 + (high - 1) * place if kind < self.shrink + self.stretch else 1.0


def _kernel(seed: Tensor) -> Kernel:
    return _KERNELS[int(uniform(seed, "resize kernel") * len(_KERNELS))]


class SecondOrder(Degradation):
    """Two stages of blur, resizing, noise and JPEG, with ringing at the end.

    Clips go through one at a time, because each has intermediate sizes of its own; its frames go together. All
    parameters but the noise are fixed over the frames of a clip. Real-ESRGAN's generalized and plateau-shaped
    kernels (18 % of its draws) are left out.

    Args:
        first: works at the size of the input.
        second: works at the size of the output.
        compression: follows the first stage, and comes before or after the final resizing and ringing.
        ringing: the final blur.
        scale: shrinking factor.
    """

    def __init__(
        self, first: Stage, second: Stage, compression: Degradation, ringing: Degradation, scale: int = 4
    ) -> None:
        super().__init__()
        self.first = first
        self.second = second
        self.compression = compression
        self.ringing = ringing
        self.scale = scale
        self.sees = seen_by((first.blur, first.noise, second.blur, second.noise, compression, ringing))

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        clips = zip(frames.split(1), seeds.split(1), strict=True)
        return torch.cat([self._degrade(clip, seed, start) for clip, seed in clips])

    def _degrade(self, clip: Tensor, seed: Tensor, start: int) -> Tensor:
        height, width = clip.shape[-2:]
        low = height // self.scale, width // self.scale
        early, late = derived(seed, "first"), derived(seed, "second")
        clip = self.compression(self.first(clip, early, (height, width), start), early, start)
        clip = self.second(clip, late, low, start)
        if uniform(seed, "compression last") < 0.5:
            return quantized(self.compression(self._finish(clip, seed, low, start), late, start))
        return quantized(self._finish(self.compression(clip, late, start), seed, low, start))

    def _finish(self, clip: Tensor, seed: Tensor, size: tuple[int, int], start: int) -> Tensor:
        return self.ringing(resize(clip, size, _kernel(seed)).clamp(0, 1), seed, start)
