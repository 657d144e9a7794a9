"""DISTS (Ding et al. 2020, arXiv:2004.07728): likeness of structure and texture in the eyes of VGG16.

Own code because torchmetrics' needs torchvision, which does not install beside every build of PyTorch.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.backbones.vgg import ImageNetNormalization, convolutions
from vidgan.metrics.learned import LearnedMetric

WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
CHANNELS = (3, 64, 128, 256, 512, 512)  # of the image and of the five feature maps
_STABILITY = 1e-6  # c1 and c2 of equations 2 and 3


class L2Pooling(nn.Module):
    """Halves (N, C, H, W) without aliasing: the root of the smoothed squares (equation 1)."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        window = torch.hann_window(5, periodic=False)[1:-1]
        kernel = window[:, None] * window
        self.register_buffer("kernel", (kernel / kernel.sum())[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        smooth = F.conv2d(x.square(), self.kernel.expand(channels, -1, -1, -1), stride=2, padding=1, groups=channels)
        return (smooth + 1e-12).sqrt()


class VGG16Features(nn.Module):
    """The convolutions of VGG16 under torchvision's keys, with L2 pooling in place of the maximum's."""

    unused: ClassVar[tuple[str, ...]] = ("classifier.",)

    def __init__(self) -> None:
        super().__init__()
        self.normalize = ImageNetNormalization()
        self.features = nn.Sequential(*list(convolutions(WIDTHS, L2Pooling))[:-1])

    def forward(self, images: Tensor) -> list[Tensor]:
        """The images (N, 3, H, W) in [0, 1] themselves, and the features before each pooling."""
        found = [images]
        x = self.normalize(images)
        for module in self.features:
            if isinstance(module, L2Pooling):
                found.append(x)
            x = module(x)
        return [*found, x]


class DISTSWeights(nn.Module):
    """What the texture (alpha) and the structure (beta) of each channel count, learned from people's judgements."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, sum(CHANNELS), 1, 1))
        self.beta = nn.Parameter(torch.ones(1, sum(CHANNELS), 1, 1))


class StructureAndTexture(nn.Module):
    """The distance of images (N, 3, H, W) in [0, 1], one number (N,) a pair: equation 5 of the paper."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = VGG16Features()
        self.weights = DISTSWeights()

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        likeness = [_likeness(a, b) for a, b in zip(self.backbone(fake), self.backbone(real), strict=True)]
        textures, structures = (torch.cat(parts, dim=1) for parts in zip(*likeness, strict=True))
        alpha, beta = self.weights.alpha.flatten(), self.weights.beta.flatten()
        return 1 - (textures @ alpha + structures @ beta) / (alpha.sum() + beta.sum())


def _likeness(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Of two feature maps (N, C, H, W): that of their means (equation 2) and of their patterns (equation 3), (N, C)."""
    mean_a, mean_b = a.mean((2, 3)), b.mean((2, 3))
    texture = (2 * mean_a * mean_b + _STABILITY) / (mean_a.square() + mean_b.square() + _STABILITY)
    variances = a.var((2, 3), correction=0) + b.var((2, 3), correction=0)
    covariance = (a * b).mean((2, 3)) - mean_a * mean_b
    return texture, (2 * covariance + _STABILITY) / (variances + _STABILITY)


class DISTS(LearnedMetric):
    """Mean distance of the frames in the eyes of VGG16; arguments are those of :class:`LearnedMetric`."""

    url = "https://download.pytorch.org/models/vgg16-397923af.pth"
    shipped = "dists_models/weights.pt"
    network_class = StructureAndTexture
