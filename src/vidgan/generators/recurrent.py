"""A small recurrent network that trains on a CPU in minutes."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import CausalGenerator
from vidgan.generators.blocks import conv3x3, init_small, residual_blocks


class RecurrentSR(CausalGenerator):
    """Low-resolution features with a memory, one PixelShuffle, and a bicubic skip.

    Only one convolution runs frame by frame; all others take the frames of a clip as one batch, which is what makes it
    fast. The memory is a tanh unit, so it stays within [-1, 1] on videos of any length. The last convolution starts
    at zero: an untrained network gives bicubic upsampling.

    Args:
        scale: enlargement factor.
        channels: width of the features.
        memory: channels carried from frame to frame.
        blocks: residual blocks before and after the memory, each.
    """

    def __init__(self, scale: int = 4, channels: int = 32, memory: int = 32, blocks: int = 2) -> None:
        super().__init__()
        self.scale = scale
        self.conv_first = conv3x3(3, channels)
        self.encoder = residual_blocks(channels, blocks)
        self.conv_input = conv3x3(channels, memory)
        self.conv_memory = nn.Conv2d(memory, memory, 3, padding=1, bias=False)
        self.conv_merge = conv3x3(channels + memory, channels)
        self.decoder = residual_blocks(channels, blocks)
        self.conv_last = conv3x3(channels, 3 * scale**2)
        init_small(self.conv_first, self.conv_input, self.conv_merge, gain=1.0)
        init_small(self.conv_last, gain=0.0)

    def _remember(self, inputs: Tensor, memory: Tensor | None) -> Tensor:
        """Memories (B, T, memory, h, w) after each of the inputs of that shape."""
        memories = []
        for frame in inputs.unbind(1):
            memory = torch.tanh(frame if memory is None else frame + self.conv_memory(memory))
            memories.append(memory)
        return torch.stack(memories, dim=1)

    def stream(self, low: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        images, clip = low.flatten(0, 1), low.shape[:2]
        x = self.encoder(F.relu(self.conv_first(images), inplace=True))
        memories = self._remember(self.conv_input(x).unflatten(0, clip), state)
        x = x + F.relu(self.conv_merge(torch.cat([x, memories.flatten(0, 1)], dim=1)), inplace=True)
        detail = F.pixel_shuffle(self.conv_last(self.decoder(x)), self.scale)
        smooth = F.interpolate(images, scale_factor=self.scale, mode="bicubic", antialias=True)
        return (smooth + detail).unflatten(0, clip), memories[:, -1]
