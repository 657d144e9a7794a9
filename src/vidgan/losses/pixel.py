"""Differences of pixels."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.ops.luma import luma


class L1(nn.Module):
    """Mean absolute difference of clips (B, T, C, H, W) in [0, 1]."""

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        return F.l1_loss(fake, real)


class MSE(nn.Module):
    """Mean squared difference of clips (B, T, C, H, W) in [0, 1]."""

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        return F.mse_loss(fake, real)


class Charbonnier(nn.Module):
    """Mean of sqrt(difference^2 + eps^2), L1 with a round tip (Charbonnier et al. 1994; LapSRN, Lai et al. 2017).

    Args:
        eps: where the round tip ends, in pixel values of [0, 1]; BasicVSR's 1e-12 under the root is an eps of 1e-6.
    """

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        return torch.sqrt((fake.float() - real).square() + self.eps**2).mean()


class PSNRLoss(nn.Module):
    """Less the PSNR of each frame in dB, on average (NAFNet, Chen et al. 2022): frames weigh alike, however wrong.

    Args:
        color: ``"rgb"``, or of luma alone, by the same names as a protocol's.
        eps: added to the mean squared difference; of frames without any the loss is 10 log10(eps).
    """

    def __init__(self, color: Literal["rgb", "y", "y_bt709"] = "rgb", eps: float = 1e-8) -> None:
        super().__init__()
        self.color = color
        self.eps = eps

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """Clips (B, T, 3, H, W) in [0, 1]."""
        fake = fake.float()
        if self.color != "rgb":
            fake, real = luma(fake, self.color), luma(real, self.color)
        difference = fake - real
        return 10 * (difference.square().mean(dim=(-3, -2, -1)) + self.eps).log10().mean()


class MaskedL1(nn.Module):
    """Mean over all pixels of the absolute difference times the mask: what lies outside of it costs nothing.

    Added to :class:`L1` it is PG2's pose mask loss, |fake - real| (1 + M) (Ma et al. 2017, equation 2). ``mask`` is
    (B, T, 1, H, W) in [0, 1].
    """

    def forward(self, fake: Tensor, real: Tensor, mask: Tensor) -> Tensor:
        return ((fake.float() - real).abs() * mask).mean()


class HoleL1(nn.Module):
    """Mean absolute difference inside of holes, a sum over them by their size (STTN, Zeng et al. 2020, equation 8).

    ``mask`` is (B, T, 1, H, W), 1 in holes; a batch without any costs nothing.
    """

    def forward(self, fake: Tensor, real: Tensor, mask: Tensor) -> Tensor:
        return _mean_within(mask, fake, real)


class ValidL1(nn.Module):
    """Mean absolute difference outside of holes of what a network makes of the whole clip (STTN, equation 9).

    ``filled`` is that clip before what is known is put back, (B, T, 3, H, W) in [0, 1]; ``mask`` as of :class:`HoleL1`.
    STTN's frames are in [-1, 1], where differences are twice as large: its weights of 1 for both are weights of 2 here.
    """

    def forward(self, filled: Tensor, real: Tensor, mask: Tensor) -> Tensor:
        return _mean_within(1 - mask, filled, real)


def _mean_within(mask: Tensor, fake: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference where a mask (B, T, 1, H, W) is 1; 0 where it never is."""
    differences = (fake.float() - real).abs() * mask
    return differences.sum() / (fake.shape[2] * mask.sum()).clamp(min=1)
