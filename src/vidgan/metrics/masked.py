"""Likeness inside of a mask alone: on a person, in holes."""

import kornia
import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.metrics.base import Mean, Metric, PiecewiseMetric
from vidgan.metrics.ssim import WINDOW


class MaskSSIM(Metric):
    """Mean of the SSIM map inside of the target's mask, over channels and frames; :class:`SSIM`'s window and constants.

    Ma et al. 2017 (PG2) set both pictures to zero outside of the mask and average over the whole frame: the black
    counts as perfect, so that a small person makes any method good. This is the mean over the person; it is lower.
    Frames are reflected at their borders, where feet and hands are.
    """

    higher_is_better = True
    color = "protocol"

    def __call__(self, fake: Tensor, real: Tensor, mask: Tensor) -> float:
        """
        Raises:
            UserError: the frames are smaller than the window, or the mask is empty.
        """
        if min(fake.shape[-2:]) < WINDOW:
            raise UserError(f"mask-SSIM needs frames of at least {WINDOW} pixels a side; these are {fake.shape[-2:]}")
        inside = _inside(mask)
        scores = kornia.metrics.ssim(fake.double(), real.double(), WINDOW, max_val=1.0, eps=0.0, padding="same")
        return float((scores.mean(1, keepdim=True) * inside).sum() / inside.sum())


class MaskL1(Metric):
    """Mean absolute difference inside of the target's mask, in pixel values of [0, 1]."""

    higher_is_better = False
    color = "protocol"

    def __call__(self, fake: Tensor, real: Tensor, mask: Tensor) -> float:
        """
        Raises:
            UserError: the mask is empty.
        """
        inside = _inside(mask)
        difference = (fake.double() - real.double()).abs().mean(1, keepdim=True)
        return float((difference * inside).sum() / inside.sum())


class MaskPSNR(PiecewiseMetric):
    """10 log10(1 / MSE) in dB of what is inside of the mask, of each frame, then the mean over frames.

    Frames in which nothing is inside do not count. Equal frames score infinity.
    """

    higher_is_better = True
    color = "protocol"

    def measure(self, fake: Tensor, real: Tensor, mask: Tensor) -> Mean:
        squares = (fake.double() - real.double()).square().mean(1, keepdim=True) * mask
        sizes = mask.double().sum((1, 2, 3))
        errors = squares.sum((1, 2, 3))[sizes > 0] / sizes[sizes > 0]
        return Mean.of((-10 * torch.log10(errors)).tolist())


class BackgroundPSNR(PiecewiseMetric):
    """10 log10(1 / MSE) in dB of what is outside of the person's mask, of each frame, then the mean over frames.

    Args:
        margin: pixels by which the mask is grown: shadows, and what hangs over its rim, are no background.
    """

    higher_is_better = True
    color = "protocol"

    def __init__(self, margin: int = 4) -> None:
        self.margin = margin

    def measure(self, fake: Tensor, real: Tensor, mask: Tensor) -> Mean:
        grown = F.max_pool2d(mask.double(), 2 * self.margin + 1, stride=1, padding=self.margin)
        return MaskPSNR().measure(fake, real, 1 - grown)


def _inside(mask: Tensor) -> Tensor:
    if not mask.any():
        raise UserError("the mask of a clip is empty: no key point of its target lies in the frame; remove the clip")
    return mask.double()
