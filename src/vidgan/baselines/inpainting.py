"""Classical ways to fill holes in a video: none of them learns anything."""

from collections.abc import Callable

import torch
from torch import Tensor

from vidgan.ops.propagation import carried, seen_median
from vidgan.ops.telea import telea_fill

#: From a clip (T, 3, H, W) in [0, 1] and its holes (T, 1, H, W), 1 inside, to the clip without them; outside of holes
#: it is as it was.
Filling = Callable[[Tensor, Tensor], Tensor]

_ERROR, _LEAST = 0.02, 1e-6  # the error that leaves a weight of 1/e, and the weight of whatever is known


def telea(frames: Tensor, masks: Tensor) -> Tensor:
    """Each frame by itself, see :func:`vidgan.ops.telea.telea_fill`."""
    return _composed(frames, masks, telea_fill(frames, masks))


def temporal_median(frames: Tensor, masks: Tensor) -> Tensor:
    """The median of the times at which a pixel is seen; by Telea where it never is.

    What a camera that stands still sees behind moving things; wrong where it moves.
    """
    median, seen = seen_median(frames, masks)
    made = torch.where(seen > 0, median, telea_fill(frames, masks))
    return _composed(frames, masks, made)


def flow_propagation(frames: Tensor, masks: Tensor) -> Tensor:
    """What OpenCV's DIS follows to other frames, see :func:`vidgan.ops.propagation.carried`; by Telea where nothing is.

    Where both directions find something it is their mean, in which the one that came with less error counts more.
    """
    ways = carried(frames[None], masks[None])
    weights = [way.known[0] * (torch.exp(-way.error[0] / _ERROR) + _LEAST) for way in ways]
    total = weights[0] + weights[1]
    mean = (ways[0].frames[0] * weights[0] + ways[1].frames[0] * weights[1]) / total.clamp(min=_LEAST)
    return _composed(frames, masks, torch.where(total > 0, mean, telea_fill(frames, masks)))


def inpaintings() -> dict[str, Filling]:
    """All of them, by name."""
    return {"telea": telea, "median": temporal_median, "flow": flow_propagation}


def _composed(frames: Tensor, masks: Tensor, made: Tensor) -> Tensor:
    return torch.where(masks > 0, made, frames)
