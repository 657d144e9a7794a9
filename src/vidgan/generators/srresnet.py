"""MSRResNet: SRResNet (Ledig et al. 2017) without batch normalization, as BasicSR trains SRGAN with it."""

import math
from typing import Any, ClassVar, Literal

from torch import Tensor
from torch.nn import functional as F

from vidgan.generators.base import FrameGenerator, Shapes, numbered
from vidgan.generators.blocks import bilinear, conv3x3, init_small, leaky, residual_blocks


class MSRResNet(FrameGenerator):
    """Residual blocks at low resolution, sub-pixel convolutions, and a bilinear skip.

    Args:
        scale: 2, 3 or 4.
        channels: width of all layers.
        blocks: number of residual blocks.
    """

    aliases: ClassVar[tuple[tuple[str, str], ...]] = (  # mmagic's names
        (r"^trunk_net\.", "body."),
        (r"^upsample(\d)\.upsample_conv\.", r"upconv\1."),
    )

    def __init__(self, scale: Literal[2, 3, 4] = 4, channels: int = 64, blocks: int = 16) -> None:
        super().__init__()
        self.scale = scale
        self.factor = 2 if scale == 4 else scale
        self.conv_first = conv3x3(3, channels)
        self.body = residual_blocks(channels, blocks)
        self.upconv1 = conv3x3(channels, channels * self.factor**2)
        self.upconv2 = conv3x3(channels, channels * 4) if scale == 4 else None
        self.conv_hr = conv3x3(channels, channels)
        self.conv_last = conv3x3(channels, 3)
        init_small(self.conv_first, self.upconv1, self.conv_hr, self.conv_last)
        if self.upconv2 is not None:
            init_small(self.upconv2)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        blocks = numbered(shapes, r"^body\.(\d+)\.conv1\.weight$")
        channels = shapes["conv_first.weight"][0]
        factor = math.isqrt(shapes["upconv1.weight"][0] // channels)
        return {"scale": 4 if "upconv2.weight" in shapes else factor, "channels": channels, "blocks": blocks}

    @property
    def radius(self) -> int:
        """conv_first, two a block, upconv1, and one more that the layers above low resolution reach."""
        return 2 * len(self.body) + 3

    def enlarge(self, images: Tensor) -> Tensor:
        x = self.body(leaky(self.conv_first(images)))
        x = leaky(F.pixel_shuffle(self.upconv1(x), self.factor))
        if self.upconv2 is not None:
            x = leaky(F.pixel_shuffle(self.upconv2(x), 2))
        return self.conv_last(leaky(self.conv_hr(x))) + bilinear(images, self.scale)
