"""BasicVSR (Chan et al. 2021): features carried backward and forward along optical flow."""

from collections.abc import Iterator
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


class BidirectionalSR(Generator):
    """Enlarges a clip by 4, every frame drawing on the whole clip; a subclass makes the features of the frames.

    What BasicVSR and BasicVSR++ share: optical flow both ways, and the layers that enlarge. Their keys lie beside those
    of the subclass, as published, and the subclass adds the latter layers when it has its own.
    """

    scale = 4
    temporal = "bidirectional"

    def __init__(self) -> None:
        super().__init__()
        self.spynet = SpyNet()

    def add_upsampling(self, channels: int) -> None:
        self.upconv1 = conv3x3(channels, channels * 4)
        self.upconv2 = conv3x3(channels, 64 * 4)
        self.conv_hr = conv3x3(64, 64)
        self.conv_last = conv3x3(64, 3)

    def features(self, low: Tensor, to_previous: Tensor, to_next: Tensor) -> Iterator[Tensor]:
        """Of each frame, (B, channels, h, w).

        Args:
            low: (B, T, 3, h, w).
            to_previous: (B, T-1, 2, h, w) in pixels, from each frame but the first to the one before it.
            to_next: likewise, from each frame but the last to the one after it.
        """
        raise NotImplementedError

    def forward_with_flow(self, low: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (B, T, 3, 4h, 4w), and the flow (B, T-1, 2, h, w) in input pixels that warps frame t-1 onto t."""
        to_previous = self.spynet.between(low[:, 1:], low[:, :-1])
        to_next = self.spynet.between(low[:, :-1], low[:, 1:])
        features = self.features(low, to_previous, to_next)
        frames = [self._upsampled(*parts) for parts in zip(features, low.unbind(1), strict=True)]
        return torch.stack(frames, dim=1), to_previous

    def forward(self, low: Tensor) -> Tensor:
        return self.forward_with_flow(low)[0]

    def _upsampled(self, x: Tensor, frame: Tensor) -> Tensor:
        x = leaky(F.pixel_shuffle(self.upconv1(x), 2))
        x = leaky(F.pixel_shuffle(self.upconv2(x), 2))
        return self.conv_last(leaky(self.conv_hr(x))) + bilinear(frame, self.scale)


class BasicVSR(BidirectionalSR):
    """Features are carried once backward and once forward, warped along the flow.

    Args:
        channels: width of the propagated features.
        blocks: residual blocks in each direction; published weights have 30.
    """

    aliases: ClassVar[tuple[tuple[str, str], ...]] = (  # mmagic's names
        (r"^(backward|forward)_resblocks\.", r"\1_trunk."),
        (r"^upsample(\d)\.upsample_conv\.", r"upconv\1."),
    )

    def __init__(self, channels: int = 64, blocks: int = 30) -> None:
        super().__init__()
        self.channels = channels
        self.backward_trunk = ResidualTrunk(3 + channels, channels, blocks)
        self.forward_trunk = ResidualTrunk(3 + channels, channels, blocks)
        self.fusion = nn.Conv2d(2 * channels, channels, 1)
        self.add_upsampling(channels)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        blocks = numbered(shapes, r"^backward_trunk\.main\.2\.(\d+)\.conv1\.weight$")
        return {"channels": shapes["fusion.weight"][0], "blocks": blocks}

    def features(self, low: Tensor, to_previous: Tensor, to_next: Tensor) -> Iterator[Tensor]:
        future = self._propagate(self.backward_trunk, low.flip(1), to_next.flip(1))[::-1]
        past = self._propagate(self.forward_trunk, low, to_previous)
        return (leaky(self.fusion(torch.cat(parts, dim=1))) for parts in zip(future, past, strict=True))

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
