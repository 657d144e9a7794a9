"""A small inpainter: what is seen at other times is carried into holes, and five guesses at each pixel are weighed.

Own design, for training in minutes on a CPU: it weighs what classical methods make, and adds little to it.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import Shapes, numbered
from vidgan.generators.blocks import conv3x3, init_small, pad_to_multiple, residual_blocks
from vidgan.generators.inpainter import Inpainter
from vidgan.ops.propagation import Carried, carried, seen_median, smooth_fill
from vidgan.ops.telea import telea_fill

_GUESSES = 5
_EVIDENCE = 3 * _GUESSES + 3 + 3 + 1  # guesses; whether three of them are known; their errors; the hole
_ERROR = 0.02  # that leaves a weight of 1/e before anything is learned
_AROUND = 0.1  # the error that is expected of what is filled from around
_NEVER = 1e4  # an error that leaves no weight
_AT_ONCE = 4  # frames that are weighed, where gradients are not needed
_MOST = 0.05  # that is added to the mean of guesses: of holes larger than any in training it makes little worse


class PropagationBlend(Inpainter):
    """A softmax over what was seen before, what is seen after, the median of all times, and two fills from around.

    Content follows the motion that OpenCV's dense inverse search finds, in both directions, see
    :func:`vidgan.ops.propagation.carried`; where the camera stands still the median over time is sharper; where nothing
    was seen there are a smooth fill and Telea's. A U-Net at half the size weighs these guesses, by where they are known
    and how wrong they are around the hole, and adds a small residual. Untrained it takes what has the least error.

    Args:
        channels: width at half size.
        deep_channels: width at quarter size.
        blocks: residual blocks at quarter size.
    """

    multiple = 4

    def __init__(self, channels: int = 32, deep_channels: int = 48, blocks: int = 4) -> None:
        super().__init__()
        self.evidence = conv3x3(4 * _EVIDENCE, channels)
        self.down = nn.Conv2d(channels, deep_channels, 2, 2)
        self.deep = residual_blocks(deep_channels, blocks)
        self.up = nn.Conv2d(deep_channels, 4 * channels, 1)
        self.decoder = residual_blocks(channels, 1)
        self.conv_last = conv3x3(channels, 4 * (3 + _GUESSES))
        init_small(self.conv_last, gain=0.0)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        return {
            "channels": shapes["evidence.weight"][0],
            "deep_channels": shapes["down.weight"][0],
            "blocks": numbered(shapes, r"^deep\.(\d+)\.conv1\.weight$"),
        }

    def fill(self, low: Tensor) -> Tensor:
        clip, (height, width) = low.shape[:2], low.shape[-2:]
        padded = pad_to_multiple(low.flatten(0, 1), self.multiple).unflatten(0, clip).float()
        with torch.no_grad():
            ways = carried(padded[:, :, :3], padded[:, :, 3:])
            median = seen_median(padded[:, :, :3], padded[:, :, 3:])
        step = clip[1] if torch.is_grad_enabled() else _AT_ONCE
        parts = []
        for part in (slice(first, first + step) for first in range(0, clip[1], step)):
            with torch.no_grad():
                before, after = (Carried(*(values[:, part] for values in way)) for way in ways)
                guesses, evidence, prior = _found(padded[:, part], before, after, *median)
            made = self._weighed(guesses.flatten(0, 1), evidence.flatten(0, 1), prior.flatten(0, 1))
            parts.append(made.unflatten(0, guesses.shape[:2]))
        return torch.cat(parts, 1)[..., :height, :width]

    def _weighed(self, guesses: Tensor, evidence: Tensor, prior: Tensor) -> Tensor:
        """(N, G, 3, H, W) guesses, (N, E, H, W) evidence and (N, G, H, W) logits to (N, 3, H, W)."""
        x = F.relu(self.evidence(F.pixel_unshuffle(evidence, 2)))
        x = x + F.pixel_shuffle(self.up(self.deep(F.relu(self.down(x)))), 2)
        made = F.pixel_shuffle(self.conv_last(self.decoder(x)), 2).float()
        weights = (made[:, 3:] + prior).softmax(1)
        return (guesses * weights[:, :, None]).sum(1) + _MOST * made[:, :3].tanh()


def _found(low: Tensor, before: Carried, after: Carried, median: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What fills holes: guesses (B, T, G, 3, H, W), evidence (B, T, E, H, W), and logits (B, T, G, H, W)."""
    frames, holes = low[:, :, :3], low[:, :, 3:]
    clip, known = low.shape[:2], 1 - holes
    median, seen = (part.expand(-1, clip[1], -1, -1, -1) for part in (median, seen))
    smooth = smooth_fill(frames.flatten(0, 1), known.flatten(0, 1)).unflatten(0, clip)
    marched = telea_fill(frames.flatten(0, 1), holes.flatten(0, 1)).unflatten(0, clip)
    difference = (median - frames).abs().mean(2, keepdim=True)
    wrong = smooth_fill(difference.flatten(0, 1), known.flatten(0, 1)).unflatten(0, clip) * holes
    guesses = torch.stack([before.frames, after.frames, torch.where(seen > 0, median, smooth), smooth, marched], 2)
    there = torch.cat([before.known, after.known, seen], 2)
    errors = torch.cat([before.error, after.error, wrong], 2)
    evidence = torch.cat([guesses.flatten(2, 3), there, errors, holes], 2)
    expected = torch.cat(
        [errors.where(there > 0, _NEVER), torch.full_like(holes, _AROUND).expand(-1, -1, 2, -1, -1)], 2
    )
    return guesses, evidence, -expected / _ERROR
