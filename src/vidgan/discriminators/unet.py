"""The U-Net discriminator with spectral normalization of Real-ESRGAN (Wang et al. 2021, section 3.4)."""

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from vidgan.discriminators.base import FrameDiscriminator


def _spectral_conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Module:
    # torch.nn.utils.parametrizations has a newer spectral_norm; published weights have the keys of this one.
    return spectral_norm(nn.Conv2d(inputs, outputs, kernel, stride, padding=1, bias=False))


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2, inplace=True)


class UNetDiscriminatorSN(FrameDiscriminator):
    """Judges each pixel with the context of its surroundings: three scales down, three up, additive skips.

    Args:
        channels: width at full resolution; 64 is published.
    """

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(3, channels, 3, padding=1)
        self.conv1 = _spectral_conv(channels, channels * 2, 4, 2)
        self.conv2 = _spectral_conv(channels * 2, channels * 4, 4, 2)
        self.conv3 = _spectral_conv(channels * 4, channels * 8, 4, 2)
        self.conv4 = _spectral_conv(channels * 8, channels * 4)
        self.conv5 = _spectral_conv(channels * 4, channels * 2)
        self.conv6 = _spectral_conv(channels * 2, channels)
        self.conv7 = _spectral_conv(channels, channels)
        self.conv8 = _spectral_conv(channels, channels)
        self.conv9 = nn.Conv2d(channels, 1, 3, padding=1)

    def judge(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1, H, W) of images (N, 3, H, W) of at least 8 x 8 px, and seven feature maps."""
        full = _leaky(self.conv0(images))
        half = _leaky(self.conv1(full))
        quarter = _leaky(self.conv2(half))
        eighth = _leaky(self.conv3(quarter))
        features = [full, half, quarter, eighth]
        x = eighth
        for conv, skip in ((self.conv4, quarter), (self.conv5, half), (self.conv6, full)):
            x = F.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=False)
            x = _leaky(conv(x)) + skip
            features.append(x)
        return self.conv9(_leaky(self.conv8(_leaky(self.conv7(x))))), features
