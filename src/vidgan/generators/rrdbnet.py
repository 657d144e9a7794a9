"""RRDBNet: the generator of ESRGAN (Wang et al. 2018) and Real-ESRGAN (Wang et al. 2021)."""

import math
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import FrameGenerator, Shapes, numbered
from vidgan.generators.blocks import conv3x3, init_small, leaky, pad_to_multiple

RESIDUAL_SCALE = 0.2


class DenseBlock(nn.Module):
    """Five convolutions, each seeing the block's input and all earlier outputs."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(channels, growth)
        self.conv2 = conv3x3(channels + growth, growth)
        self.conv3 = conv3x3(channels + 2 * growth, growth)
        self.conv4 = conv3x3(channels + 3 * growth, growth)
        self.conv5 = conv3x3(channels + 4 * growth, channels)
        init_small(self.conv1, self.conv2, self.conv3, self.conv4, self.conv5)

    def forward(self, x: Tensor) -> Tensor:
        dense = x
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            dense = torch.cat([dense, leaky(conv(dense), 0.2)], dim=1)
        return torch.add(x, self.conv5(dense), alpha=RESIDUAL_SCALE)


class ResidualDenseBlock(nn.Module):
    """Residual in residual: three dense blocks inside one skip."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(channels, growth)
        self.rdb2 = DenseBlock(channels, growth)
        self.rdb3 = DenseBlock(channels, growth)

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(x, self.rdb3(self.rdb2(self.rdb1(x))), alpha=RESIDUAL_SCALE)


class RRDBNet(FrameGenerator):
    """Dense blocks at low resolution, then twice nearest upsampling and a convolution; no image skip.

    The body always enlarges by 4: for scales 2 and 1 the input is pixel-unshuffled by 2 and 4 first (Real-ESRGAN).

    Args:
        scale: 4, 2 or 1.
        channels: width of the trunk.
        blocks: number of residual-in-residual dense blocks.
        growth: channels that each dense convolution adds.
    """

    # The keys of ESRGAN's own release and BSRGAN, and the flat ones of the x4 models that preceded it.
    aliases: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"^RRDB_trunk\.(\d+)\.RDB(\d)\.", r"body.\1.rdb\2."),
        (r"^trunk_conv\.", "conv_body."),
        (r"^upconv(\d)\.", r"conv_up\1."),
        (r"^HRconv\.", "conv_hr."),
        (r"^model\.0\.", "conv_first."),
        (r"^model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.", r"body.\1.rdb\2.conv\3."),
        (r"^model\.1\.sub\.\d+\.(weight|bias)$", r"conv_body.\1"),
        (r"^model\.3\.", "conv_up1."),
        (r"^model\.6\.", "conv_up2."),
        (r"^model\.8\.", "conv_hr."),
        (r"^model\.10\.", "conv_last."),
    )

    def __init__(self, scale: Literal[1, 2, 4] = 4, channels: int = 64, blocks: int = 23, growth: int = 32) -> None:
        super().__init__()
        self.scale = scale
        self.unshuffle = 4 // scale
        self.conv_first = conv3x3(3 * self.unshuffle**2, channels)
        self.body = nn.Sequential(*(ResidualDenseBlock(channels, growth) for _ in range(blocks)))
        self.conv_body = conv3x3(channels, channels)
        self.conv_up1 = conv3x3(channels, channels)
        self.conv_up2 = conv3x3(channels, channels)
        self.conv_hr = conv3x3(channels, channels)
        self.conv_last = conv3x3(channels, 3)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        blocks = numbered(shapes, r"^body\.(\d+)\.rdb1\.conv1\.weight$")
        channels, inputs, *_ = shapes["conv_first.weight"]
        growth = shapes["body.0.rdb1.conv1.weight"][0]
        return {"scale": 4 // math.isqrt(inputs // 3), "channels": channels, "blocks": blocks, "growth": growth}

    @property
    def radius(self) -> int:
        """15 a block, conv_first, conv_body, and two that the upper layers reach.

        With unshuffled input it is a multiple of that factor, as the offsets of tiles must be.
        """
        unshuffled = 15 * len(self.body) + 4
        return unshuffled if self.unshuffle == 1 else (unshuffled + 1) * self.unshuffle

    def enlarge(self, images: Tensor) -> Tensor:
        height, width = (self.scale * size for size in images.shape[-2:])
        x = self.conv_first(F.pixel_unshuffle(pad_to_multiple(images, self.unshuffle), self.unshuffle))
        x = x + self.conv_body(self.body(x))
        x = leaky(self.conv_up1(F.interpolate(x, scale_factor=2)), 0.2)
        x = leaky(self.conv_up2(F.interpolate(x, scale_factor=2)), 0.2)
        return self.conv_last(leaky(self.conv_hr(x), 0.2))[..., :height, :width]
