"""Luma as the literature scores it."""

import torch
from torch import Tensor

#: What red, green and blue of [0, 1] add to luma of studio swing, in 8-bit levels.
_WEIGHTS = {"y": (65.481, 128.553, 24.966), "y_bt709": (46.5594, 156.6288, 15.8118)}
LUMAS = tuple(_WEIGHTS)


def luma(frames: Tensor, kind: str = "y") -> Tensor:
    """Y alone of YCbCr with studio swing, not rounded.

    Args:
        frames: (..., 3, H, W) RGB in [0, 1].
        kind: ``"y"``, BT.601 as MATLAB's ``rgb2ycbcr`` has it, in which restoration is scored; ``"y_bt709"``, BT.709
            (ITU-R BT.709-6, item 3.2), in which video is coded.

    Returns:
        (..., 1, H, W) in [16/255, 235/255].
    """
    weights = torch.tensor(_WEIGHTS[kind], device=frames.device, dtype=frames.dtype)[:, None, None]
    return ((frames * weights).sum(dim=-3, keepdim=True) + 16) / 255
