"""Fixed separable filters with resampling, as one small matrix for each axis.

Own code because no library has MATLAB's ``imresize`` on tensors: torch's antialiased interpolation has the same cubic
(a = -0.5) but renormalizes the weights at the borders, where MATLAB mirrors the picture.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]


def mirror(positions: Indices, length: int) -> Indices:
    """Indices of a signal continued by its mirror image, the last sample twice: ``c b a | a b c | c b a``."""
    wrapped = np.mod(positions, 2 * length)
    return np.where(wrapped < length, wrapped, 2 * length - 1 - wrapped)


def replicate(positions: Indices, length: int) -> Indices:
    """Indices of a signal continued by its last sample: ``a a a | a b c | c c c``."""
    return np.clip(positions, 0, length - 1)


def sampling_matrix(
    centres: Floats,
    length: int,
    kernel: Callable[[Floats], Floats],
    reach: float,
    border: Callable[[Indices, int], Indices],
) -> Tensor:
    """The matrix that filters a signal and samples it.

    Args:
        centres: (N,) positions of the samples, in pixels of the input.
        length: number of pixels of the input.
        kernel: weight by the distance to the centre, in pixels; each sample's weights are normalized to the sum 1.
        reach: greatest distance at which ``kernel`` is not zero.
        border: maps positions beyond the ends into the signal.

    Returns:
        (N, length) float64, made outside inference mode so that it may be cached and trained through.
    """
    taps = np.floor(centres - reach).astype(np.int64)[:, None] + np.arange(int(np.ceil(2 * reach)) + 2)
    weights = kernel(centres[:, None] - taps)
    weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((len(centres), length))
    np.add.at(matrix, (np.arange(len(centres))[:, None], border(taps, length)), weights)
    with torch.inference_mode(False):
        return torch.from_numpy(matrix)


@contextmanager
def full_precision(frames: Tensor) -> Iterator[None]:
    """Keeps TF32, bfloat16 and half precision out of float32 products, whatever is allowed for networks, autocast too:
    pixels need all 8 bits."""
    allowed = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with nullcontext() if frames.is_meta else torch.autocast(frames.device.type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(allowed)


def resample(frames: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """(..., H, W) frames to (..., h, w) by ``rows`` (h, H) and ``columns`` (w, W), both float like ``frames``."""
    with full_precision(frames):
        return rows @ frames @ columns.mT
