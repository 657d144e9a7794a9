"""A small recurrent network that trains on a CPU in minutes."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import CausalGenerator, Shapes, numbered
from vidgan.generators.blocks import conv3x3, init_small, residual_blocks

BLOCK_GAIN = 0.5  # few blocks and few steps: with the usual 0.1 the same training ends 0.3 dB lower


class RecurrentSR(CausalGenerator):
    """Low-resolution features with a gated memory, one PixelShuffle, and a bicubic skip.

    The memory is a minimal gated unit (minGRU, Feng et al. 2024, "Were RNNs all we needed?"): gate and candidate depend
    on the frame alone, so every convolution takes the frames of a clip as one batch, and only
    ``memory += gate * (candidate - memory)`` runs frame by frame. As the gate is a sigmoid and the candidate, unlike
    theirs, a tanh, the memory stays within [-1, 1] on videos of any length.

    The last convolution starts at zero: an untrained network gives bicubic upsampling.

    Args:
        scale: enlargement factor.
        channels: width of the features and of the memory.
        encoder_blocks: residual blocks before the memory.
        decoder_blocks: residual blocks after it.
    """

    def __init__(self, scale: int = 4, channels: int = 32, encoder_blocks: int = 1, decoder_blocks: int = 2) -> None:
        super().__init__()
        self.scale = scale
        self.conv_first = conv3x3(3, channels)
        self.encoder = residual_blocks(channels, encoder_blocks, gain=BLOCK_GAIN)
        self.candidate = conv3x3(channels, channels)
        self.gate = nn.Conv2d(channels, channels, 1)
        self.decoder = residual_blocks(channels, decoder_blocks, gain=BLOCK_GAIN)
        self.conv_last = conv3x3(channels, 3 * scale**2)
        init_small(self.conv_first, self.candidate, gain=1.0)
        init_small(self.conv_last, gain=0.0)
        init_small(self.gate, bias=1.0)  # at first a frame makes up 73 % of its memory

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        return {
            "scale": math.isqrt(shapes["conv_last.weight"][0] // 3),
            "channels": shapes["candidate.weight"][0],
            "encoder_blocks": numbered(shapes, r"^encoder\.(\d+)\.conv1\.weight$"),
            "decoder_blocks": numbered(shapes, r"^decoder\.(\d+)\.conv1\.weight$"),
        }

    def stream(self, low: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The state is the memory (B, channels, h, w) after the last frame."""
        images, clip = low.flatten(0, 1), low.shape[:2]
        x = self.encoder(F.relu(self.conv_first(images), inplace=True))
        candidates = torch.tanh(self.candidate(x)).unflatten(0, clip)
        gates = torch.sigmoid(self.gate(x)).unflatten(0, clip)
        memories = []
        for candidate, gate in zip(candidates.unbind(1), gates.unbind(1), strict=True):
            state = candidate if state is None else torch.lerp(state, candidate, gate)
            memories.append(state)
        assert state is not None, "a clip has at least one frame"
        x = self.decoder(x + torch.stack(memories, dim=1).flatten(0, 1))
        detail = F.pixel_shuffle(self.conv_last(x), self.scale)
        smooth = F.interpolate(images, scale_factor=self.scale, mode="bicubic", antialias=True)
        return (smooth + detail).unflatten(0, clip), state
