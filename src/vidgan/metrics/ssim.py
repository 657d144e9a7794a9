"""Structural similarity."""

import kornia
from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import Mean, PiecewiseMetric

WINDOW = 11


class SSIM(PiecewiseMetric):
    """SSIM as its authors' MATLAB code defines it (Wang et al. 2004): the mean over pixels, channels and frames.

    An 11 x 11 Gaussian window of sigma 1.5, only where it lies inside the frame, K1 = 0.01, K2 = 0.03, population
    variance, data range 1 (the same as 8-bit values with range 255), no downscaling. In double precision, because the
    variance is a small difference of large numbers.
    """

    higher_is_better = True
    color = "protocol"

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        """
        Raises:
            UserError: the frames are smaller than the window.
        """
        if min(fake.shape[-2:]) < WINDOW:
            raise UserError(f"SSIM needs frames of at least {WINDOW} pixels a side; these are {tuple(fake.shape[-2:])}")
        maps = [
            kornia.metrics.ssim(a[None].double(), b[None].double(), WINDOW, max_val=1.0, eps=0.0, padding="valid")
            for a, b in zip(fake, real, strict=True)
        ]
        return Mean.of([float(score.mean()) for score in maps])
