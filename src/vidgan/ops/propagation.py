"""What is seen at other times, carried into holes along optical flow, without anything learned."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.ops.optical_flow import dis_flow
from vidgan.ops.warp import warp

_SEEN = 0.99  # of the four pixels that a position lies between, in their weights


class Carried(NamedTuple):
    """Clips whose holes have what was carried into them.

    Attributes:
        frames: (B, T, 3, H, W); where nothing was carried, what :func:`smooth_fill` makes.
        known: (B, T, 1, H, W), 1 outside of holes and where something was carried to.
    """

    frames: Tensor
    known: Tensor


def smooth_fill(values: Tensor, known: Tensor) -> Tensor:
    """Fills what is not known from around it, smoothly (pull-push; Gortler et al. 1996, "The Lumigraph").

    Args:
        values: (N, C, H, W).
        known: (N, 1, H, W), 1 where values count and 0 elsewhere.

    Returns:
        (N, C, H, W), the values themselves where they are known; zeros where nothing is known at all.
    """
    if min(values.shape[-2:]) == 1 or bool(known.all()):
        mean = (values * known).sum((-2, -1), keepdim=True) / known.sum((-2, -1), keepdim=True).clamp(min=1)
        return torch.where(known > 0, values, mean)
    weight = F.avg_pool2d(known, 2, ceil_mode=True)
    coarse = F.avg_pool2d(values * known, 2, ceil_mode=True) / weight.clamp(min=1e-6)
    filled = smooth_fill(coarse, (weight > 0).to(values))
    pushed = F.interpolate(filled, size=values.shape[-2:], mode="bilinear", align_corners=False)
    return torch.where(known > 0, values, pushed)


def carried(frames: Tensor, masks: Tensor) -> tuple[Carried, Carried]:
    """What was seen before, and what is seen after, in the holes of each frame.

    Flow is found between frames whose holes are filled smoothly, and in holes it is filled from around them. Content
    goes from frame to frame, so that it comes from as far as it can be followed, a little softer with each step.

    Args:
        frames: (B, T, 3, H, W) in [0, 1]; what is in holes does not matter.
        masks: (B, T, 1, H, W), 1 in holes.
    """
    known = 1 - masks
    guide = smooth_fill((frames * known).flatten(0, 1), known.flatten(0, 1)).unflatten(0, frames.shape[:2])
    before = _one_way(guide, known)
    after = _one_way(guide.flip(1), known.flip(1))
    return before, Carried(*(part.flip(1) for part in after))


def _one_way(guide: Tensor, known: Tensor) -> Carried:
    """From the first frame to the last."""
    content, seen = [guide[:, 0]], [known[:, 0]]
    for now in range(1, guide.shape[1]):
        if bool(known[:, now].all()):
            content.append(guide[:, now])
            seen.append(known[:, now])
            continue
        flow = smooth_fill(dis_flow(guide[:, now], guide[:, now - 1]), known[:, now])
        sees = (warp(seen[-1], flow) > _SEEN).to(known)
        came = warp(content[-1], flow, "border")
        visible = known[:, now]
        content.append(torch.where(visible + sees * (1 - visible) > visible, came, guide[:, now]))
        seen.append(torch.maximum(visible, sees))
    return Carried(torch.stack(content, 1), torch.stack(seen, 1))
