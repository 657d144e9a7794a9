"""Optical flow by OpenCV's dense inverse search (Kroeger et al. 2016, "Fast optical flow using dense inverse search").

It is computed on the CPU, a pair at a time, and nothing of it is learned.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

_LEAST = 16  # pixels a side, below which it finds nothing
_LUMA = (0.299, 0.587, 0.114)


def dis_flow(first: Tensor, second: Tensor) -> Tensor:
    """The motion from each frame to another one.

    Args:
        first, second: (B, 3, H, W) RGB in [0, 1].

    Returns:
        (B, 2, H, W) in pixels, x before y: what is at p in ``first`` is at p + flow in ``second``; zeros of frames of
        less than 16 pixels a side, and on the meta device. On the device and in the type of ``first``.
    """
    if first.is_meta or min(first.shape[-2:]) < _LEAST:
        return first.new_zeros(len(first), 2, *first.shape[-2:])
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    pairs = zip(_gray(first), _gray(second), strict=True)
    found = np.stack([np.asarray(search.calc(one, other, np.empty(0))) for one, other in pairs])
    return torch.from_numpy(found).permute(0, 3, 1, 2).to(first)


def _gray(frames: Tensor) -> np.ndarray:
    """(B, H, W) uint8 luminance."""
    luma = torch.einsum("bchw,c->bhw", frames.detach().float(), frames.new_tensor(_LUMA, dtype=torch.float32))
    return (luma.clamp(0, 1) * 255).round().byte().cpu().numpy()
