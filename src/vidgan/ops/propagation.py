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
    guide = _filled(frames * known, known)
    there = torch.cat([known, known.flip(1)])
    both = _one_way(torch.cat([guide, guide.flip(1)]), there, _trusted((1 - there).flatten(0, 1)))
    before, after = zip(*(part.chunk(2) for part in both), strict=True)
    return Carried(*before), Carried(*(part.flip(1) for part in after))


def _trusted(holes: Tensor) -> Tensor:
    """(N, 1, H, W), 1 where motion can be found: small holes hardly disturb it, large ones pull at it from afar."""
    large = _grown(-_grown(-holes, _THICK), _THICK + _NEAR)
    return 1 - torch.maximum(holes, large)


def _grown(values: Tensor, radius: int) -> Tensor:
    rows = F.max_pool2d(values, (2 * radius + 1, 1), stride=1, padding=(radius, 0))
    return F.max_pool2d(rows, (1, 2 * radius + 1), stride=1, padding=(0, radius))


def _one_way(guide: Tensor, known: Tensor, trusted: Tensor) -> Carried:
    """From the first frame to the last; ``trusted`` has frames one after the other."""
    flow = _flow(guide, trusted.unflatten(0, known.shape[:2]))
    content, seen, differences = [guide[:, 0]], [known[:, 0]], [torch.zeros_like(known[:, 0])]
    visible = known.clone()
    for now in range(1, guide.shape[1]):
        came = warp(content[-1], flow[:, now], "border")
        sees = (warp(seen[-1], flow[:, now]) > _SEEN).to(known)
        visible[:, now] *= sees
        differences.append((came - guide[:, now]).abs().mean(1, keepdim=True))
        content.append(torch.where(sees > known[:, now], came, guide[:, now]))
        seen.append(torch.maximum(known[:, now], sees))
    difference = _filled(torch.stack(differences, 1), visible)
    errors = [difference[:, 0]]
    for now in range(1, guide.shape[1]):
        come = warp(errors[-1], flow[:, now], "border") + difference[:, now]
        errors.append((come * (1 - known[:, now])).clamp(max=1))
    return Carried(torch.stack(content, 1), torch.stack(seen, 1), torch.stack(errors, 1))


def _flow(guide: Tensor, trusted: Tensor) -> Tensor:
    """(B, T, 2, H, W): motion from each frame to the one before, of the first to itself."""
    previous = torch.cat([guide[:, :1], guide[:, :-1]], 1)
    flow = dis_flow(guide.flatten(0, 1), previous.flatten(0, 1))
    came = torch.cat([trusted[:, :1], trusted[:, :-1]], 1).flatten(0, 1)
    sure = trusted.flatten(0, 1) * (warp(came, flow, "border") > _SEEN)
    return smooth_fill(flow, sure).unflatten(0, guide.shape[:2])


def _filled(values: Tensor, known: Tensor) -> Tensor:
    """:func:`smooth_fill` of clips (B, T, C, H, W)."""
    return smooth_fill(values.flatten(0, 1), known.flatten(0, 1)).unflatten(0, values.shape[:2])
