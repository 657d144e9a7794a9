"""MATLAB's ``imresize``: resizing by antialiased kernels."""

from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from vidgan.ops.resampling import Floats, mirror, resample, sampling_matrix

Kernel = Literal["bilinear", "bicubic", "lanczos"]


def _triangle(distance: Floats) -> Floats:
    return np.maximum(1 - np.abs(distance), 0)


def _cubic(distance: Floats) -> Floats:
    """Keys' cubic convolution kernel with a = -0.5 (Keys 1981, eq. 15)."""
    x = np.abs(distance)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _lanczos(distance: Floats) -> Floats:
    """Lanczos kernel with three lobes."""
    return np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)


_KERNELS = {"bilinear": (_triangle, 1), "bicubic": (_cubic, 2), "lanczos": (_lanczos, 3)}


@lru_cache(maxsize=32)
def _matrix(length: int, size: int, kernel: Kernel, device: torch.device, dtype: torch.dtype) -> Tensor:
    weight, reach = _KERNELS[kernel]
    step = length / size
    stretch = max(step, 1)
    centres = (np.arange(size) + 0.5) * step - 0.5
    matrix = sampling_matrix(centres, length, lambda distance: weight(distance / stretch), reach * stretch, mirror)
    with torch.inference_mode(False):
        return matrix.to(device, dtype)


def resize(frames: Tensor, size: tuple[int, int], kernel: Kernel = "bicubic") -> Tensor:
    """Resizes as MATLAB's ``imresize`` does: pixel centres aligned, kernel widened when shrinking, mirrored borders.

    Args:
        frames: (..., H, W) float.
        size: (h, w) of the result.
        kernel: ``"bilinear"``, ``"bicubic"`` or ``"lanczos"`` (MATLAB's ``lanczos3``).

    Returns:
        (..., h, w); the kernels overshoot, so values may lie a little outside the range of the input.
    """
    height, width = frames.shape[-2:]
    rows = _matrix(height, size[0], kernel, frames.device, frames.dtype)
    columns = _matrix(width, size[1], kernel, frames.device, frames.dtype)
    return resample(frames, rows, columns)


def enlarge(low: Tensor, scale: int, kernel: Kernel = "bicubic") -> Tensor:
    """The baseline of super-resolution: (..., h, w) to (..., scale * h, scale * w), saturated to [0, 1]."""
    height, width = low.shape[-2:]
    return resize(low, (height * scale, width * scale), kernel).clamp(0, 1)
