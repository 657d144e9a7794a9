"""What every extractor of features promises, so that a generator can choose one by configuration."""

from collections.abc import Sequence
from typing import Self

from torch import Tensor, nn


class Encoder(nn.Module):
    """Pictures to maps of features, fine to coarse.

    The statistics of batch norm stay as they are, those published or zero and one, as is usual where batches are small:
    what is made of a picture depends on neither its batch nor the number of devices.

    Attributes:
        widths: channels of each map.
    """

    widths: Sequence[int]

    def forward(self, images: Tensor) -> list[Tensor]:
        """The maps (N, width, h, w) of images (N, 3, H, W) in [0, 1]."""
        raise NotImplementedError

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d | nn.SyncBatchNorm):
                module.eval()
        return self
