"""BasicVSR (Chan et al. 2021): features carried backward and forward along optical flow."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import Generator, Shapes, numbered
from vidgan.generators.blocks import bilinear, conv3x3, leaky, residual_blocks
from vidgan.generators.spynet import SpyNet
from vidgan.ops.warp import warp


class ResidualTrunk(nn.Module):
    """A convolution and residual blocks, (N, inputs, h, w) to (N, channels, h, w)."""

    def __init__(self, inputs: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            conv3x3(inputs, channels),
            nn.LeakyReLU(0.1, inplace=True),
            residual_blocks(channels, blocks),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x)


class BasicVSR(Generator):
    """Enlarges a clip by 4, every frame drawing on the whole clip.

    Args:
        channels: width of the propagated features.
        blocks: residual blocks in each direction; published weights have 30.
    """

    scale = 4
    temporal = "bidirectional"
    aliases: ClassVar[tuple[tuple[str, str], ...]] = (  # mmagic's names
        (r"^(backward|forward)_resblocks\.", r"\1_trunk."),
        (r"^upsample(\d)\.upsample_conv\.", r"upconv\1."),
    )

    def __init__(self, channels: int = 64, blocks: int = 30) -> None:
        super().__init__()
        self.channels = channels
        self.spynet = SpyNet()
        self.backward_trunk = ResidualTrunk(3 + channels, channels, blocks)
        self.forward_trunk = ResidualTrunk(3 + channels, channels, blocks)
        self.fusion = nn.Conv2d(2 * channels, channels, 1)
        self.upconv1 = conv3x3(channels, channels * 4)
        self.upconv2 = conv3x3(channels, 64 * 4)
        self.conv_hr = conv3x3(64, 64)
        self.conv_last = conv3x3(64, 3)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        blocks = numbered(shapes, r"^backward_trunk\.main\.2\.(\d+)\.conv1\.weight$")
        return {"channels": shapes["fusion.weight"][0], "blocks": blocks}

    def _propagate(self, trunk: nn.Module, low: Tensor, flow: Tensor) -> list[Tensor]:
        """Features (B, channels, h, w) of every frame, carried from the first to the last."""
        batch, _, _, height, width = low.shape
        features = low.new_zeros(batch, self.channels, height, width)
        carried = []
        for index, frame in enumerate(low.unbind(1)):
            if index > 0:
                features = warp(features, flow[:, index - 1])
            features = trunk(torch.cat([frame, features], dim=1))
            carried.append(features)
        return carried

    def _reconstruct(self, frame: Tensor, past: Tensor, future: Tensor) -> Tensor:
        x = leaky(self.fusion(torch.cat([future, past], dim=1)))
        x = leaky(F.pixel_shuffle(self.upconv1(x), 2))
        x = leaky(F.pixel_shuffle(self.upconv2(x), 2))
        return self.conv_last(leaky(self.conv_hr(x))) + bilinear(frame, self.scale)

    def forward_with_flow(self, low: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (B, T, 3, 4h, 4w), and the flow (B, T-1, 2, h, w) in input pixels that warps frame t-1 onto t."""
        to_previous = self.spynet.between(low[:, 1:], low[:, :-1])
        to_next = self.spynet.between(low[:, :-1], low[:, 1:])
        future = self._propagate(self.backward_trunk, low.flip(1), to_next.flip(1))[::-1]
        past = self._propagate(self.forward_trunk, low, to_previous)
        frames = [self._reconstruct(*parts) for parts in zip(low.unbind(1), past, future, strict=True)]
        return torch.stack(frames, dim=1), to_previous

    def forward(self, low: Tensor) -> Tensor:
        return self.forward_with_flow(low)[0]
