"""Luma as the restoration literature scores it."""

import torch
from torch import Tensor

_WEIGHTS = (65.481, 128.553, 24.966)


def luma(frames: Tensor) -> Tensor:
    """MATLAB's ``rgb2ycbcr``, Y alone: BT.601 with studio swing, not rounded.

    Args:
        frames: (..., 3, H, W) RGB in [0, 1].

    Returns:
        (..., 1, H, W) in [16/255, 235/255].
    """
    weights = torch.tensor(_WEIGHTS, device=frames.device, dtype=frames.dtype)[:, None, None]
    return ((frames * weights).sum(dim=-3, keepdim=True) + 16) / 255
