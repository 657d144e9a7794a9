"""How noisy is it? A blind estimate, and the map in which networks are told."""

import torch
from torch import Tensor
from torch.nn import functional as F

_BLOCK = 16  # pixels a side
_QUANTILE = 0.2
_BIAS = 0.927  # of that quantile's root, measured on white noise alone
_SATURATED = 0.05  # share of black or white values above which a block says too little
_LAPLACIAN = ((1.0, -2.0, 1.0), (-2.0, 4.0, -2.0), (1.0, -2.0, 1.0))


def estimate_sigma(frames: Tensor) -> float:
    """Standard deviation of the white noise in a clip, without knowing the clean one.

    The difference of two Laplacians hides smooth shades and straight edges (Immerkaer 1996, "Fast noise variance
    estimation"); of its variance in small blocks a low quantile is taken, which leaves texture out as well. Clipped
    blocks count only where nothing else is there.

    Args:
        frames: (T, C, H, W) in [0, 1]; a few frames are enough.

    Returns:
        In the units of ``frames``; 0 for frames of less than 3 pixels a side.
    """
    if min(frames.shape[-2:]) < 3:
        return 0.0
    planes = frames.float().flatten(0, 1)[:, None]
    kernel = torch.tensor(_LAPLACIAN, device=frames.device)
    response = F.conv2d(planes, kernel[None, None] / kernel.norm())
    inner = planes[..., 1:-1, 1:-1]
    side = min(_BLOCK, *response.shape[-2:])
    variance = F.avg_pool2d(response.square(), side).flatten()
    clipped = F.avg_pool2d(((inner <= 0) | (inner >= 1)).float(), side).flatten() > _SATURATED
    counted = variance if clipped.all() else variance[~clipped]
    rank = max(1, round(_QUANTILE * len(counted)))  # torch.quantile refuses more than 2^24 values
    return float(counted.kthvalue(rank).values.sqrt()) / _BIAS


def with_noise_map(frames: Tensor, sigma: Tensor | float) -> Tensor:
    """(B, T, 3, H, W) to (B, T, 4, H, W): frames and, in the fourth channel, the sigma of their noise.

    Args:
        frames: in [0, 1].
        sigma: standard deviation of the noise, in the units of ``frames``; anything that broadcasts to them. Where it
            differs between channels, the map is the root of their mean square.
    """
    whole = torch.as_tensor(sigma, dtype=frames.dtype, device=frames.device).expand_as(frames)
    return torch.cat([frames, whole.square().mean(2, keepdim=True).sqrt()], dim=2)
