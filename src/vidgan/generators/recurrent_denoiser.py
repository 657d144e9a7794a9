"""A small causal denoiser that trains on a CPU in minutes: it averages over time first, and cleans what is left."""

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


class Fusion(NamedTuple):
    """The frames so far, averaged where they agree: (B, 3, H, W), and the variance of its noise (B, 1, H, W)."""

    frame: Tensor
    variance: Tensor


class RecurrentDenoiser(CausalGenerator):
    """Recursive averaging with a learned gate, then a two-level U-Net at half and quarter size.

    The gate (after EMVD, Maggioni et al. 2021, "Efficient multi-stage video denoising with recurrent spatio-temporal
    fusion") compares a frame with the average of those before it, in units of the noise that both should have: where
    they agree, the frame is averaged in, where they do not, it takes over. The variance of the average follows in
    closed form and tells the U-Net how much noise is left in each place. Only the gate runs frame by frame.

    The last convolution starts at zero: an untrained network gives the mean of the frame and its average.

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
        self.conv_last = conv3x3(channels, 4 * 4)
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
        x = F.relu(self.conv_first(F.pixel_unshuffle(torch.cat([images, frames, left], dim=1), 2)))
        x = x + F.pixel_shuffle(self.up(self.deep(F.relu(self.down(x)))), 2)
        made = F.pixel_shuffle(self.conv_last(self.decoder(x)), 2).to(images.dtype)
        return torch.lerp(images[:, :3], frames, torch.sigmoid(made[:, 3:])) + made[:, :3]


def _evidence(frame: Tensor, variance: Tensor, before: Fusion) -> Tensor:
    """What the gate sees of each cell, (B, 9, H / CELL, W / CELL).

    The mean difference of each colour in units of its own deviation, the mean squared difference of each colour and of
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
