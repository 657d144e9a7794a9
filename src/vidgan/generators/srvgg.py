"""SRVGGNetCompact: the small network of Real-ESRGAN (realesr-animevideov3, realesr-general-x4v3)."""

import math
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import FrameGenerator, Shapes, numbered
from vidgan.generators.blocks import conv3x3


class SRVGGNetCompact(FrameGenerator):
    """A plain stack of convolutions and PReLUs at low resolution, one PixelShuffle, and a nearest-neighbour skip.

    Args:
        scale: enlargement factor.
        channels: width of the body.
        convs: convolutions between the first and the last; published weights have 16 or 32.
    """

    def __init__(self, scale: int = 4, channels: int = 64, convs: int = 16) -> None:
        super().__init__()
        self.scale = scale
        self.convs = convs
        layers: list[nn.Module] = [conv3x3(3, channels), nn.PReLU(channels)]
        for _ in range(convs):
            layers += [conv3x3(channels, channels), nn.PReLU(channels)]
        self.body = nn.Sequential(*layers, conv3x3(channels, 3 * scale**2))

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        layers = numbered(shapes, r"^body\.(\d+)\.weight$")  # a convolution and a PReLU each, and the last convolution
        channels, slopes = shapes["body.0.weight"][0], shapes["body.1.weight"]
        if slopes != (channels,):
            raise KeyError("body.1 is no PReLU")
        outputs = shapes[f"body.{layers - 1}.weight"][0]
        return {"scale": math.isqrt(outputs // 3), "channels": channels, "convs": (layers - 3) // 2}

    @property
    def radius(self) -> int:
        return self.convs + 2

    def enlarge(self, images: Tensor) -> Tensor:
        return F.pixel_shuffle(self.body(images), self.scale) + F.interpolate(images, scale_factor=self.scale)
