"""LPIPS (Zhang et al. 2018, "The unreasonable effectiveness of deep features as a perceptual metric"), on AlexNet.

Own code because the lpips package imports torchvision, which does not install beside every build of PyTorch.
"""

import importlib.util
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.losses.vgg import ImageNetNormalization
from vidgan.metrics.base import Metric
from vidgan.weights import load_weights, verified

ALEXNET_SHA256 = "7be5be79"  # torchvision publishes the first 8 digits, in the file's name
ALEXNET_URL = "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"
WIDTHS = (64, 192, 384, 256, 256)
FRAMES_AT_ONCE = 8  # bounds the memory of a long clip


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


class ChannelWeights(nn.ModuleList):
    """What each channel of the five feature maps counts, learned from people's judgements (LPIPS version 0.1)."""

    aliases: ClassVar[tuple[tuple[str, str], ...]] = ((r"^lin(\d)\.model\.1\.", r"\1."),)

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(width, 1, 1, bias=False) for width in WIDTHS)


class LearnedDistance(nn.Module):
    """The distance of images (N, 3, H, W) in [0, 1], one number (N,) a pair: equation 1 of the paper."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = AlexNetFeatures()
        self.linear = ChannelWeights()

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        maps = zip(self.linear, self.backbone(fake), self.backbone(real), strict=True)
        distances = [
            weigh((F.normalize(a, dim=1, eps=1e-10) - F.normalize(b, dim=1, eps=1e-10)).square()).mean((1, 2, 3))
            for weigh, a, b in maps
        ]
        return torch.stack(distances).sum(0)


def shipped_by_torchmetrics(file: str) -> Path:
    """Channel weights that torchmetrics ships, such as ``lpips_models/alex.pth``; found without importing it."""
    spec = importlib.util.find_spec("torchmetrics")
    assert spec is not None, "torchmetrics is a dependency"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "functional" / "image" / file


class LPIPS(Metric):
    """Mean distance of the frames in the eyes of AlexNet, from 0 for equal frames to about 1.

    Args:
        backbone: AlexNet as torchvision publishes it; looked for where torchvision keeps its downloads if not given.
        sha256: of that file, or its first digits; empty trusts a given file.
        linear: the channel weights as the lpips package publishes them; torchmetrics' copy if not given.
    """

    higher_is_better = False

    def __init__(self, backbone: str | Path | None = None, sha256: str = "", linear: str | Path | None = None) -> None:
        downloads = Path(torch.hub.get_dir()) / "checkpoints"
        self.backbone = Path(backbone) if backbone else downloads / ALEXNET_URL.rpartition("/")[2]
        self.sha256 = sha256 or ("" if backbone else ALEXNET_SHA256)
        self.linear = Path(linear) if linear else shipped_by_torchmetrics("lpips_models/alex.pth")

    @property
    def available(self) -> bool:
        """Whether both files are there."""
        return self.backbone.is_file() and self.linear.is_file()

    @cached_property
    def network(self) -> LearnedDistance:
        """The network with its weights.

        Raises:
            UserError: a file is missing, damaged or of another network.
        """
        network = LearnedDistance()
        load_weights(network.backbone, verified(self.backbone, self.sha256, ALEXNET_URL))
        load_weights(network.linear, self.linear)
        return network.eval().requires_grad_(False)

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        network = self.network.to(fake.device)
        parts = zip(fake.float().split(FRAMES_AT_ONCE), real.float().split(FRAMES_AT_ONCE), strict=True)
        with torch.no_grad():
            return torch.cat([network(a, b) for a, b in parts]).mean().item()


class TLP(LPIPS):
    """tLP of TecoGAN (Chu et al. 2020, section 5): 100 |LPIPS(f_t-1, f_t) - LPIPS(r_t-1, r_t)|, the mean over pairs.

    Arguments are those of :class:`LPIPS`.
    """

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        """
        Raises:
            UserError: there is one frame only.
        """
        if len(fake) < 2:
            raise UserError("tLP needs clips of at least 2 frames; score single pictures by the protocol image_rgb")
        changes = zip(self._changes(fake), self._changes(real), strict=True)
        return 100 * sum(abs(made - wanted) for made, wanted in changes) / (len(fake) - 1)

    def _changes(self, frames: Tensor) -> list[float]:
        """LPIPS of each frame to the one before it."""
        return [super(TLP, self).__call__(now[None], before[None]) for before, now in pairwise(frames)]
