"""PatchGAN (Isola et al. 2017, appendix 6.1.2): a fully convolutional discriminator of overlapping patches."""

from torch import Tensor, nn

from vidgan.discriminators.base import FrameDiscriminator
from vidgan.discriminators.blocks import Norm, normalized, with_activations


def _layer(inputs: int, outputs: int, stride: int, norm: Norm) -> list[nn.Module]:
    """4 x 4 convolution and normalization; a batch norm has its own bias, so the convolution before it has none."""
    return normalized(nn.Conv2d(inputs, outputs, 4, stride, padding=1, bias=norm != "batch"), norm)


class PatchGAN(FrameDiscriminator):
    """Strided 4 x 4 convolutions; each logit sees a patch of 16, 34, 70, 142, ... px for 1, 2, 3, 4, ... layers.

    The published networks have 64 channels and 3 layers (70 x 70 px), with batch (pix2pix) or instance norm (CycleGAN).

    Args:
        channels: width of the first layer; it doubles with each layer up to 8 times.
        layers: how often the frame is halved.
        norm: normalization of all layers but the first and the last.
        inputs: channels of a frame.
    """

    def __init__(self, channels: int = 64, layers: int = 3, norm: Norm = "spectral", inputs: int = 3) -> None:
        super().__init__()
        modules: list[nn.Module] = [nn.Conv2d(inputs, channels, 4, 2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        width = channels
        for layer in range(1, layers + 1):
            before, width = width, channels * min(2**layer, 8)
            modules += _layer(before, width, 2 if layer < layers else 1, norm)
            modules.append(nn.LeakyReLU(0.2, inplace=True))
        modules.append(nn.Conv2d(width, 1, 4, padding=1))
        self.model = nn.Sequential(*modules)
        for module in modules:
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(getattr(module, "weight_orig", module.weight), std=0.02)  # the paper's appendix 6.2

    def judge(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1, h, w), one for each patch of images (N, inputs, H, W), and the activation of each layer."""
        return with_activations(self.model, images)
