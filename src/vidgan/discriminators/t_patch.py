"""T-PatchGAN (Chang et al. 2019, "Free-form video inpainting"): judges space-time patches with 3-D convolutions."""

from torch import Tensor, nn
from torch.nn.utils import spectral_norm

from vidgan.discriminators.base import Verdict
from vidgan.discriminators.blocks import with_activations

LAYERS = 6


class TemporalPatchGAN(nn.Module):
    """Six 3 x 5 x 5 convolutions that halve the frame and keep its rate, with spectral norm on the first five.

    Args:
        channels: width of the first layer; the published networks have 64 or 32.
    """

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        modules: list[nn.Module] = []
        width = 3
        for layer in range(LAYERS):
            inputs, width = width, channels * min(2**layer, 4)
            last = layer == LAYERS - 1
            padding = (1, 2, 2) if layer > 0 else 1  # the first layer's narrow border is published so
            conv = nn.Conv3d(inputs, width, (3, 5, 5), (1, 2, 2), padding, bias=last)
            nn.init.normal_(conv.weight, std=0.02)
            modules += [conv] if last else [spectral_norm(conv), nn.LeakyReLU(0.2, inplace=True)]
        self.conv = nn.Sequential(*modules)

    def forward(self, frames: Tensor, return_features: bool = False) -> Verdict:
        """Logits (B, 4 * channels, T, h, w) of clips (B, T, 3, H, W) in [0, 1]: every channel judges by itself."""
        logits, features = with_activations(self.conv, frames.transpose(1, 2))
        return (logits, features) if return_features else logits
