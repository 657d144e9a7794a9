"""EfficientNet-Lite0 as an extractor of features; its ImageNet weights come in a package, so nothing is downloaded."""

from itertools import pairwise

from torch import Tensor, nn

from vidgan.backbones.efficientnet_lite0 import STAGE_ENDS, STAGE_WIDTHS, Lite0Features, as_trained
from vidgan.errors import UserError
from vidgan.generators.encoders.base import Encoder


class EfficientNetLite0(Encoder):
    """The maps after the stages of EfficientNet-Lite0, at 1/2, 1/4, 1/8, 1/16, 1/16 and 1/32 of the size.

    It starts from the published weights and is trained on; a player that does not own it leaves it as it is.

    Args:
        stages: how many of the six are computed.

    Raises:
        UserError: the extra ``perceptual`` is not installed, or there are no such stages.
    """

    def __init__(self, stages: int = 4) -> None:
        super().__init__()
        if not 1 <= stages <= len(STAGE_ENDS):
            raise UserError(f"stages={stages}: EfficientNet-Lite0 has 1 to {len(STAGE_ENDS)}.")
        network = Lite0Features().requires_grad_(True).network
        self.widths = STAGE_WIDTHS[:stages]
        self.stem = nn.Sequential(network._conv_stem, network._bn0, network._swish)
        ends = (-1, *STAGE_ENDS[:stages])
        self.stages = nn.ModuleList(
            nn.Sequential(*network._blocks[before + 1 : end + 1]) for before, end in pairwise(ends)
        )
        self.train()

    def forward(self, images: Tensor) -> list[Tensor]:
        x, found = self.stem(as_trained(images)), []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found
