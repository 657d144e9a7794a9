"""Modulated deformable convolution (Zhu et al. 2019, "Deformable ConvNets v2") in operators that every device has.

Own code because torch has none, and torchvision's and mmcv's compiled ones do not install beside every build of torch.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def deformable_conv2d(images: Tensor, offsets: Tensor, masks: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A convolution of stride 1 that keeps the size and reads each of its taps at a place of its own.

    Tap (i, j) of output pixel (y, x) is read, bilinearly, at (y + i - K // 2 + dy, x + j - K // 2 + dx) and multiplied
    by its mask; outside of the image there are zeros. The channels are cut into G groups that share their offsets.

    Args:
        images: (N, C, H, W).
        offsets: (N, G * K * K * 2, H, W) in pixels: by group, then by tap in reading order, dy before dx.
        masks: (N, G * K * K, H, W).
        weight: (outputs, C, K, K), K odd.
        bias: (outputs,).

    Returns:
        (N, outputs, H, W) in the type of ``images``. Positions are computed in float32.
    """
    count, channels, height, width = images.shape
    size = weight.shape[-1]
    groups = masks.shape[1] // size**2
    grids = _sampling_grids(offsets.float().view(count * groups, size**2, 2, height, width), size)
    masks = masks.view(count * groups, size**2, 1, height, width)
    grouped = images.float().reshape(count * groups, channels // groups, height, width)
    taps = weight.flatten(2).unbind(2)
    output = bias.to(images.dtype).view(1, -1, 1, 1)
    for index, tap in enumerate(taps):  # one by one: all at once would hold K * K times the features
        sampled = F.grid_sample(grouped, grids[:, index], padding_mode="zeros", align_corners=True)
        weighted = (sampled * masks[:, index]).view(count, channels, height, width).to(images.dtype)
        output = output + F.conv2d(weighted, tap[..., None, None])
    return output


def _sampling_grids(offsets: Tensor, size: int) -> Tensor:
    """Offsets (N, K * K, 2, H, W), dy before dx, to positions (N, K * K, H, W, 2) for ``grid_sample``, x before y."""
    height, width = offsets.shape[-2:]
    tap = torch.arange(size, device=offsets.device) - size // 2
    rows = tap.repeat_interleave(size).view(-1, 1, 1) + torch.arange(height, device=offsets.device).view(-1, 1)
    columns = tap.repeat(size).view(-1, 1, 1) + torch.arange(width, device=offsets.device)
    y, x = rows + offsets[:, :, 0], columns + offsets[:, :, 1]
    return torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=-1)
