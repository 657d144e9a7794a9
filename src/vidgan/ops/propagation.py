"""What is seen at other times, carried into holes along optical flow, without anything learned."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.ops.optical_flow import dis_flow
from vidgan.ops.warp import warp

_SEEN = 0.99  # of the four pixels that a position lies between, in their weights
_THICK, _NEAR = 4, 12  # pixels: half of what is a large hole, and how far from one motion is not trusted


class Carried(NamedTuple):
    """Clips whose holes have what was carried into them.

    Attributes:
        frames: (B, T, 3, H, W); where nothing was carried, what :func:`smooth_fill` makes.
        known: (B, T, 1, H, W), 1 outside of holes and where something was carried to.
        error: (B, T, 1, H, W) in [0, 1]: how far what came from frame to frame differed from what is seen around the
            hole, summed along the way; 0 outside of holes.
    """

    frames: Tensor
    known: Tensor
    error: Tensor


def smooth_fill(values: Tensor, known: Tensor) -> Tensor:
    """Fills what is not known from around it, smoothly (pull-push; Gortler et al. 1996, "The Lumigraph").

    Args:
        values: (N, C, H, W).
        known: (N, 1, H, W), 1 where values count and 0 elsewhere.

    Returns:
        (N, C, H, W), the values themselves where they are known; zeros where nothing is known at all.
    """
    if min(values.shape[-2:]) == 1:
        mean = (values * known).sum((-2, -1), keepdim=True) / known.sum((-2, -1), keepdim=True).clamp(min=1)
        return torch.where(known > 0, values, mean)
    weight = F.avg_pool2d(known, 2, ceil_mode=True)
    coarse = F.avg_pool2d(values * known, 2, ceil_mode=True) / weight.clamp(min=1e-6)
    filled = smooth_fill(coarse, (weight > 0).to(values))
    pushed = F.interpolate(filled, size=values.shape[-2:], mode="bilinear", align_corners=False)
    return torch.where(known > 0, values, pushed)


def seen_median(frames: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """The median (..., 1, 3, H, W) over the times at which a pixel is seen, and whether it ever is, (..., 1, 1, H, W).

    Args:
        frames: (..., T, 3, H, W).
        masks: (..., T, 1, H, W), 1 in holes.
    """
    hidden = frames.masked_fill(masks.bool().expand_as(frames), torch.nan)
    seen = (1 - masks).amax(-4, keepdim=True)
    return hidden.nanmedian(-4, keepdim=True).values.nan_to_num(), seen


def carried(frames: Tensor, masks: Tensor) -> tuple[Carried, Carried]:
    """What was seen before, and what is seen after, in the holes of each frame.

    Flow is found between frames whose holes are filled smoothly. In holes, and around large ones, which it takes for
    things that move, it is filled from farther away. Content goes from frame to frame, so that it comes from as far as
    it can be followed, a little softer with each step.

    Args:
        frames: (B, T, 3, H, W) in [0, 1]; what is in holes does not matter.
        masks: (B, T, 1, H, W), 1 in holes.
    """
    known = 1 - masks
    guide = smooth_fill((frames * known).flatten(0, 1), known.flatten(0, 1)).unflatten(0, frames.shape[:2])
    trusted = _trusted(masks.flatten(0, 1)).unflatten(0, frames.shape[:2])
    before = _one_way(guide, known, trusted)
    after = _one_way(guide.flip(1), known.flip(1), trusted.flip(1))
    return before, Carried(*(part.flip(1) for part in after))


def _trusted(holes: Tensor) -> Tensor:
    """(N, 1, H, W), 1 where motion can be found: small holes hardly disturb it, large ones pull at it from afar."""
    large = _grown(-_grown(-holes, _THICK), _THICK + _NEAR)
    return 1 - torch.maximum(holes, large)


def _grown(values: Tensor, radius: int) -> Tensor:
    return F.max_pool2d(values, 2 * radius + 1, stride=1, padding=radius)


def _one_way(guide: Tensor, known: Tensor, trusted: Tensor) -> Carried:
    """From the first frame to the last."""
    content, seen, errors = [guide[:, 0]], [known[:, 0]], [torch.zeros_like(known[:, 0])]
    for now in range(1, guide.shape[1]):
        flow = dis_flow(guide[:, now], guide[:, now - 1])
        flow = smooth_fill(flow, trusted[:, now] * (warp(trusted[:, now - 1], flow, "border") > _SEEN))
        came, visible = warp(content[-1], flow, "border"), known[:, now]
        sees = (warp(seen[-1], flow) > _SEEN).to(known)
        difference = smooth_fill((came - guide[:, now]).abs().mean(1, keepdim=True), visible * sees)
        content.append(torch.where(sees > visible, came, guide[:, now]))
        seen.append(torch.maximum(visible, sees))
        errors.append(((warp(errors[-1], flow, "border") + difference) * (1 - visible)).clamp(max=1))
    return Carried(*(torch.stack(parts, 1) for parts in (content, seen, errors)))
