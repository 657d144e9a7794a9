"""Likeness in the eyes of a network trained to recognize objects (Johnson et al. 2016)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.backbones.efficientnet_lite0 import Lite0Features, stage_distance
from vidgan.backbones.vgg import LAYERS, VGG19Features
from vidgan.errors import UserError
from vidgan.weights import fetch, load_weights

VGG19_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
VGG19_SHA256 = "dcbb9e9d"  # torchvision publishes the first 8 digits, in the file's name


def _published_vgg19() -> Path:
    """torchvision's weights, downloaded once to where torchvision keeps them."""
    try:
        return fetch(VGG19_URL, VGG19_SHA256, Path(torch.hub.get_dir()) / "checkpoints")
    except UserError as error:
        raise UserError(
            f"The perceptual loss needs the weights of VGG19: {error} Or download {VGG19_URL} elsewhere and set "
            "losses.perceptual.loss.weights=/path/vgg19.pth."
        ) from error


def _l1(fake: Tensor, real: Tensor) -> Tensor:
    return F.l1_loss(fake, real)


def _cosine(fake: Tensor, real: Tensor) -> Tensor:
    """One minus the cosine of the angle between the channels' vectors at each position (TecoGAN)."""
    return 1 - F.cosine_similarity(fake, real, dim=1).mean()


class Perceptual(nn.Module):
    """Weighted sum of the distances between VGG19's features of two clips (B, T, 3, H, W) in [0, 1].

    SRGAN and ESRGAN take conv5_4 before its ReLU; Real-ESRGAN adds conv1_2 ... conv4_4.

    Args:
        layers: weight by the layer's name: conv1_1 ... conv5_4 (before the ReLU), relu1_1 ... relu5_4.
        criterion: distance of two feature maps.
        weights: VGG19 as torchvision publishes it; downloaded once where none is given.

    Raises:
        UserError: no such layer or criterion; the weights cannot be had, or are of another network.
    """

    def __init__(
        self,
        layers: Mapping[str, float],
        criterion: Literal["l1", "cosine"] = "l1",
        weights: str | Path | None = None,
    ) -> None:
        super().__init__()
        if unknown := [name for name in layers if name not in LAYERS]:
            raise UserError(f"VGG19 has no layer {', '.join(unknown)}; expected names such as conv5_4 or relu2_2.")
        if criterion not in ("l1", "cosine"):
            raise UserError(f"The perceptual loss has no criterion '{criterion}'; expected l1 or cosine.")
        self.layers = dict(layers)
        self.distance = _l1 if criterion == "l1" else _cosine
        self.network = VGG19Features()
        load_weights(self.network, weights or _published_vgg19())
        self.requires_grad_(False)

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        fakes = self.network(fake.flatten(0, 1), self.layers)
        with torch.no_grad():
            reals = self.network(real.flatten(0, 1), self.layers)
        distances = [
            weight * self.distance(fakes[name].float(), reals[name].float()) for name, weight in self.layers.items()
        ]
        return torch.stack(distances).sum()


class Lite0Perceptual(nn.Module):
    """Distance of two clips (B, T, 3, H, W) in [0, 1] to EfficientNet-Lite0, whose weights come in a package.

    The formula of the metric :class:`vidgan.metrics.lite0.Lite0Distance`: who trains with it and reports that metric
    has trained on the measure, and says so.

    Raises:
        UserError: the extra ``perceptual`` is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.network = Lite0Features()

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        fakes = self.network.stages(fake.flatten(0, 1))
        with torch.no_grad():
            reals = self.network.stages(real.flatten(0, 1))
        return stage_distance([part.float() for part in fakes], [part.float() for part in reals]).mean()
