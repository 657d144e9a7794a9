"""What every extractor of features promises, so that a generator can choose one by configuration."""

from collections.abc import Sequence

from torch import Tensor, nn


class Encoder(nn.Module):
    """Pictures to maps of features, fine to coarse.

    Attributes:
        widths: channels of each map.
    """

    widths: Sequence[int]

    def forward(self, images: Tensor) -> list[Tensor]:
        """The maps (N, width, h, w) of images (N, 3, H, W) in [0, 1]."""
        raise NotImplementedError
