"""A small causal denoiser that trains on a CPU in minutes: it averages over time first, and filters what is left."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import CausalGenerator, Shapes, numbered
from vidgan.generators.blocks import conv3x3, init_small, pad_to_multiple, residual_blocks
from vidgan.generators.recurrent import BLOCK_GAIN

CELL = 4  # pixels a side that share a gate
LEAST_GATE = 0.1  # so that no more than 19 frames' worth is averaged, and a mistake fades
_EVIDENCE = 9
_SIDE = 7  # of a filter, in pixels
#: Standard deviations of the filters to begin with, in pixels along and across, and their turns in eighths of pi.
_FILTERS = [(s, s, 0) for s in (0.3, 0.6, 0.9, 1.4, 2.5)] + [(2.2, 0.55, turn) for turn in range(8)]


class Fusion(NamedTuple):
    """The frames so far, averaged where they agree: (B, 3, H, W), and the variance of its noise (B, 1, H, W)."""

    frame: Tensor
    variance: Tensor


def gaussians() -> Tensor:
    """(filters, 1, 7, 7) Gaussians, round and elongated, each of sum 1."""
    steps = torch.arange(_SIDE) - _SIDE // 2
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    filters = []
    for along, across, turn in _FILTERS:
        sin, cos = math.sin(turn * math.pi / 8), math.cos(turn * math.pi / 8)
        filters.append(
            torch.exp(-((x * cos + y * sin) / along).square() / 2 - ((y * cos - x * sin) / across).square() / 2)
        )
    made = torch.stack(filters)[:, None]
    return made / made.sum((-2, -1), keepdim=True)


class RecurrentDenoiser(CausalGenerator):
    """Recursive averaging with a learned gate, then a filter for each pixel, mixed of a few by a U-Net.

    The gate (after EMVD, Maggioni et al. 2021, "Efficient multi-stage video denoising with recurrent spatio-temporal
    fusion") compares a frame with the average of those before it, in units of the noise that both should have: where
    they agree, the frame is averaged in, where they do not, it takes over. The variance of the average follows in
    closed form and tells the U-Net how much noise is left in each place. Only the gate runs frame by frame.

    The U-Net, at half and quarter size, weighs learned filters of the average in each place (Xia et al. 2020, "Basis
    prediction networks for effective burst denoising with large kernels"), which begin as Gaussians along and across
    edges, and adds a residual. Filters remove noise from the first iteration on; a residual alone takes thousands.

    Args:
        channels: width at half size.
        deep_channels: width at quarter size.
        blocks: residual blocks at quarter size.
        gate_channels: width of the gate's layers.
    """

    scale = 1
    noise_map = True
    multiple = CELL

    def __init__(self, channels: int = 32, deep_channels: int = 48, blocks: int = 2, gate_channels: int = 16) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            conv3x3(_EVIDENCE, gate_channels),
            nn.ReLU(inplace=True),
            conv3x3(gate_channels, gate_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(gate_channels, 1, 1),
        )
        self.conv_first = conv3x3(4 * 8, channels)
        self.down = nn.Conv2d(channels, deep_channels, 2, 2)
        self.deep = residual_blocks(deep_channels, blocks, gain=BLOCK_GAIN)
        self.up = nn.Conv2d(deep_channels, 4 * channels, 1)
        self.decoder = residual_blocks(channels, 1, gain=BLOCK_GAIN)
        self.filters = nn.Parameter(gaussians())
        # The input enters the last layer as well: half of noise would not pass a ReLU.
        self.conv_last = conv3x3(channels + 4 * 8, 4 * (3 + 1 + len(_FILTERS)))
        init_small(self.conv_last, gain=0.0)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        return {
            "channels": shapes["down.weight"][1],
            "deep_channels": shapes["down.weight"][0],
            "blocks": numbered(shapes, r"^deep\.(\d+)\.conv1\.weight$"),
            "gate_channels": shapes["gate.4.weight"][1],
        }

    def stream(self, low: Tensor, state: Fusion | None = None) -> tuple[Tensor, Fusion]:
        """``low`` is (B, T, 4, H, W) with a noise map; the state is the fusion after the last frame."""
        clip, (height, width) = low.shape[:2], low.shape[-2:]
        images = pad_to_multiple(low.flatten(0, 1), self.multiple)
        fusions = []
        for image in images.unflatten(0, clip).unbind(1):
            state = self._fused(image[:, :3], image[:, 3:].square(), state)
            fusions.append(state)
        assert state is not None, "a clip has at least one frame"
        frames = torch.stack([fusion.frame for fusion in fusions], dim=1).flatten(0, 1)
        variances = torch.stack([fusion.variance for fusion in fusions], dim=1).flatten(0, 1)
        clean = self._cleaned(images, frames, variances)[..., :height, :width]
        return clean.unflatten(0, clip), state

    def _fused(self, frame: Tensor, variance: Tensor, before: Fusion | None) -> Fusion:
        if before is None:
            return Fusion(frame, variance)
        gate = torch.sigmoid(self.gate(_evidence(frame, variance, before))).to(frame.dtype)
        gate = F.interpolate(gate, scale_factor=CELL, mode="bilinear").clamp(min=LEAST_GATE)
        return Fusion(
            torch.lerp(before.frame, frame, gate),
            (1 - gate).square() * before.variance + gate.square() * variance,
        )

    def _cleaned(self, images: Tensor, frames: Tensor, variances: Tensor) -> Tensor:
        """(N, 4, H, W) noisy frames with their map, and what they were fused to, to (N, 3, H, W)."""
        left = variances.clamp(min=1e-8).sqrt()  # the root has no slope at 0
        given = F.pixel_unshuffle(torch.cat([images, frames, left], dim=1), 2)
        x = F.relu(self.conv_first(given))
        x = x + F.pixel_shuffle(self.up(self.deep(F.relu(self.down(x)))), 2)
        made = F.pixel_shuffle(self.conv_last(torch.cat([self.decoder(x), given], dim=1)), 2)
        residual, weights = made[:, :3].to(images.dtype), made[:, 3:].softmax(1).to(images.dtype)
        choices = torch.cat([images[:, :3, None], self._filtered(frames)], dim=2)
        return (choices * weights[:, None]).sum(2) + residual

    def _filtered(self, frames: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 3, filters, H, W)."""
        padded = F.pad(frames, [_SIDE // 2] * 4, mode="replicate")
        return F.conv2d(padded.flatten(0, 1)[:, None], self.filters.to(frames.dtype)).unflatten(0, frames.shape[:2])


def _evidence(frame: Tensor, variance: Tensor, before: Fusion) -> Tensor:
    """What the gate sees of each cell, (B, 9, H / CELL, W / CELL).

    The mean difference of each color in units of its own deviation, the mean squared difference of each color and of
    the surrounding cells, less what noise alone gives, how little noise the average has, and how much there is in all.
    """
    expected = (variance + before.variance).sqrt().clamp(min=1e-3)
    difference = (frame - before.frame) / expected
    mean = CELL * F.avg_pool2d(difference, CELL)
    around = F.avg_pool2d(mean.abs().mean(1, keepdim=True), 3, stride=1, padding=1)
    square = F.avg_pool2d(difference.square(), CELL).clamp(max=9) - 1
    remaining = F.avg_pool2d(before.variance / variance.clamp(min=1e-6), CELL)
    level = F.avg_pool2d(5 * variance.sqrt(), CELL)
    return torch.cat([mean, square, remaining, level, around], dim=1)
