"""The degradation "BD" of the literature: a fixed Gaussian blur, then every scale-th pixel."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from vidgan.degradations.base import Degradation, quantized
from vidgan.ops.resampling import replicate, resample, sampling_matrix


@lru_cache(maxsize=32)
def _matrix(length: int, scale: int, sigma: float, reach: float, phase: float, device: torch.device) -> Tensor:
    centres = np.arange(0, length, scale) + phase
    matrix = sampling_matrix(
        centres,
        length,
        lambda distance: np.where(np.abs(distance) <= reach, np.exp(-(distance**2) / (2 * sigma**2)), 0),
        reach,
        replicate,
    )
    with torch.inference_mode(False):
        return matrix.to(device, torch.float32)


class BlurDown(Degradation):
    """Gaussian blur with replicated borders, then subsampling.

    The defaults are the BD of the Vimeo-90K, Vid4 and UDM10 benchmarks for a scale of 4 (a 12-tap kernel centred on
    each block of 4 x 4 pixels). TecoGAN's has sigma 1.5, 9 taps (reach 4), and samples the first pixel of each block.

    Args:
        scale: subsampling factor.
        sigma: standard deviation in pixels.
        reach: half of the kernel's width in pixels: taps farther from the sample are zero.
        centred: sample the middle of each block of pixels; otherwise its first pixel.
        quantize: round to 8 bits.
    """

    sees = "frame"

    def __init__(
        self, scale: int = 4, sigma: float = 1.6, reach: float = 5.5, centred: bool = True, quantize: bool = True
    ) -> None:
        super().__init__()
        self.scale = scale
        self.sigma = sigma
        self.reach = reach
        self.phase = (scale - 1) / 2 if centred else 0.0
        self.quantize = quantize

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        rows, columns = (
            _matrix(length, self.scale, self.sigma, self.reach, self.phase, frames.device)
            for length in frames.shape[-2:]
        )
        low = resample(frames, rows, columns)
        return quantized(low) if self.quantize else low
