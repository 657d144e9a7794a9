"""Does this frame belong between those two? A discriminator for frame interpolation."""

import torch
from torch import Tensor

from vidgan.discriminators.base import Verdict
from vidgan.discriminators.blocks import Norm
from vidgan.discriminators.patch import PatchGAN


class BetweenPatchGAN(PatchGAN):
    """PatchGAN of a frame and of its differences from the frames around it, channel by channel.

    The differences are those of the temporal branch of ST-MFNet's discriminator (Danier et al. 2022). A single frame
    tells little: what is made of real pixels looks real, but blurred or doubled motion does not fit its neighbors.

    Args:
        channels, layers, norm: those of :class:`PatchGAN`.
    """

    def __init__(self, channels: int = 64, layers: int = 3, norm: Norm = "spectral") -> None:
        super().__init__(channels, layers, norm, inputs=9)

    def forward(  # type: ignore[override]  # it is given what it names
        self, frames: Tensor, first: Tensor, second: Tensor, return_features: bool = False
    ) -> Verdict:
        """Judges (B, N, 3, H, W) in [0, 1] between frames of the same shape; the logits' first dimension is B * N."""
        return super().forward(torch.cat([frames, frames - first, frames - second], 2), return_features)
