"""Classical enlargement, as the bar for trained networks: frame by frame, without training."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from kornia.filters import gaussian_blur2d
from torch import Tensor
from torch.nn import functional as F

from vidgan.ops.resize import enlarge

#: From clips (B, T, 3, h, w) in [0, 1] and a scale to (B, T, 3, scale * h, scale * w) in [0, 1].
Enlargement = Callable[[Tensor, int], Tensor]

_NLM_STRENGTH = 3  # OpenCV's default, in 8-bit levels
_SHARPENING = 0.5  # share of the detail that is added once more


def nearest(low: Tensor, scale: int) -> Tensor:
    """Each pixel as a square."""
    return F.interpolate(low.flatten(0, 1), scale_factor=scale).unflatten(0, low.shape[:2])


def sharpened(low: Tensor, scale: int) -> Tensor:
    """Lanczos, then an unsharp mask whose Gaussian has a deviation of half a low-resolution pixel."""
    smooth = enlarge(low, scale, "lanczos")
    sigma = scale / 2
    blurred = gaussian_blur2d(smooth.flatten(0, 1), 2 * (4 * scale // 2) + 1, (sigma, sigma)).view_as(smooth)
    return (smooth + _SHARPENING * (smooth - blurred)).clamp(0, 1)


def nlmeans(low: Tensor, scale: int) -> Tensor:
    """OpenCV's non-local means for color (Buades et al. 2005), then bicubic: for noisy and compressed clips."""
    frames = (low.flatten(0, 1) * 255).round().byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()
    clean = [cv2.fastNlMeansDenoisingColored(frame, None, _NLM_STRENGTH, _NLM_STRENGTH) for frame in frames]
    made = torch.from_numpy(np.stack(clean)).permute(0, 3, 1, 2).to(low) / 255
    return enlarge(made.unflatten(0, low.shape[:2]), scale)


ENLARGEMENTS: dict[str, Enlargement] = {
    "nearest": nearest,
    "bilinear": lambda low, scale: enlarge(low, scale, "bilinear"),
    "bicubic": enlarge,
    "lanczos": lambda low, scale: enlarge(low, scale, "lanczos"),
    "sharpened": sharpened,
    "nlmeans": nlmeans,
}
