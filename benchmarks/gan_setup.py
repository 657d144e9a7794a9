"""The game that training steps are measured on."""

from dataclasses import dataclass

import torch
from torch import nn

from vidgan.data.clip import Clip
from vidgan.discriminators.unet import UNetDiscriminatorSN
from vidgan.generators.srvgg import SRVGGNetCompact


@dataclass(frozen=True)
class Game:
    """Who plays on what: SRVGGNetCompact x4 against a U-Net discriminator with spectral normalization.

    Attributes:
        clips: in a batch, over all ranks; one frame each.
        patch: height and width of real frames in pixels.
        channels, convs: the generator's; 64 and 16 are published.
        judge_channels: the discriminator's; 64 is published.
    """

    clips: int = 2
    patch: int = 64
    channels: int = 64
    convs: int = 16
    judge_channels: int = 64

    def networks(self) -> dict[str, nn.Module]:
        torch.manual_seed(0)
        return {
            "generator": SRVGGNetCompact(4, self.channels, self.convs),
            "discriminator": UNetDiscriminatorSN(self.judge_channels),
        }

    def batch(self, ranks: int = 1) -> Clip:
        """A rank's share of a batch of noise."""
        share = self.clips // ranks
        frames = torch.rand(share, 1, 3, self.patch, self.patch, generator=torch.Generator().manual_seed(0))
        return Clip(frames, ["noise"] * share, torch.zeros(share, dtype=torch.int64))
