"""Backward warping of images by optical flow."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F


def warp(images: Tensor, flow: Tensor, padding: Literal["zeros", "border"] = "zeros") -> Tensor:
    """Samples ``images`` at ``position + flow``, bilinearly.

    Args:
        images: (N, C, H, W).
        flow: (N, 2, H, W) in pixels, x before y: output pixel (y, x) is read at (y + flow[1], x + flow[0]).
        padding: what lies outside: zeros (BasicVSR) or the nearest border pixel (SpyNet, TecoGAN, RIFE).

    Returns:
        (N, C, H, W) in the type of ``images``. Positions are computed in float32: bfloat16 has 8 significant bits,
        which is less than a pixel's index needs.
    """
    height, width = images.shape[-2:]
    x = torch.arange(width, device=flow.device) + flow[:, 0].float()
    y = torch.arange(height, device=flow.device)[:, None] + flow[:, 1].float()
    grid = torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=-1)
    warped = F.grid_sample(images.float(), grid, mode="bilinear", padding_mode=padding, align_corners=True)
    return warped.to(images.dtype)
