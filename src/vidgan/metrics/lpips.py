"""LPIPS (Zhang et al. 2018, "The unreasonable effectiveness of deep features as a perceptual metric"), on AlexNet.

Own code because the lpips package imports torchvision, which does not install beside every build of PyTorch.
"""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.backbones.vgg import ImageNetNormalization
from vidgan.errors import UserError
from vidgan.metrics.base import Mean
from vidgan.metrics.learned import LearnedMetric

WIDTHS = (64, 192, 384, 256, 256)


class AlexNetFeatures(nn.Module):
    """The five convolutions of AlexNet (Krizhevsky 2014) under torchvision's keys."""

    unused: ClassVar[tuple[str, ...]] = ("classifier.",)

    def __init__(self) -> None:
        super().__init__()
        self.normalize = ImageNetNormalization()
        self.features = nn.Sequential(
            nn.Conv2d(3, WIDTHS[0], 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(WIDTHS[0], WIDTHS[1], 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(WIDTHS[1], WIDTHS[2], 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(WIDTHS[2], WIDTHS[3], 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(WIDTHS[3], WIDTHS[4], 3, padding=1),
            nn.ReLU(),
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features after each ReLU of images (N, 3, H, W) in [0, 1] of at least 31 x 31 px."""
        found = []
        x = self.normalize(images)
        for module in self.features:
            x = module(x)
            if isinstance(module, nn.ReLU):
                found.append(x)
        return found


class LPIPSWeights(nn.ModuleList):
    """What each channel of the five feature maps counts, learned from people's judgements (LPIPS version 0.1)."""

    aliases: ClassVar[tuple[tuple[str, str], ...]] = ((r"^lin(\d)\.model\.1\.", r"\1."),)

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(width, 1, 1, bias=False) for width in WIDTHS)


class LearnedDistance(nn.Module):
    """The distance of images (N, 3, H, W) in [0, 1], one number (N,) a pair: equation 1 of the paper."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = AlexNetFeatures()
        self.weights = LPIPSWeights()

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        maps = zip(self.weights, self.backbone(fake), self.backbone(real), strict=True)
        distances = [
            weigh((F.normalize(a, dim=1, eps=1e-10) - F.normalize(b, dim=1, eps=1e-10)).square()).mean((1, 2, 3))
            for weigh, a, b in maps
        ]
        return torch.stack(distances).sum(0)


class LPIPS(LearnedMetric):
    """Mean distance of the frames in the eyes of AlexNet; arguments are those of :class:`LearnedMetric`."""

    url = "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"
    shipped = "lpips_models/alex.pth"
    network_class = LearnedDistance


class TLP(LPIPS):
    """tLP of TecoGAN (Chu et al. 2020, section 5): 100 |LPIPS(f_t-1, f_t) - LPIPS(r_t-1, r_t)|, the mean over pairs.

    Arguments are those of :class:`LearnedMetric`.
    """

    before = 1

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        """
        Raises:
            UserError: there is one frame only.
        """
        if len(fake) < 2:
            raise UserError("tLP needs clips of at least 2 frames; score single pictures by the protocol image_rgb")
        changes = zip(self._changes(fake), self._changes(real), strict=True)
        return Mean.of([100 * abs(made - wanted) for made, wanted in changes])

    def _changes(self, frames: Tensor) -> list[float]:
        """LPIPS of each frame to the one before it."""
        return [super(TLP, self).measure(now[None], before[None]).value for before, now in pairwise(frames)]
