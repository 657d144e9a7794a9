"""Structural similarity over five scales."""

from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import Mean, PiecewiseMetric

_SMALLEST = 176  # pixels a side: torchmetrics wants 11, its window, in whole sixteenths of a side


class MultiScaleSSIM(PiecewiseMetric):
    """MS-SSIM (Wang et al. 2003) with its published weights, the mean over frames; data range 1.

    By torchmetrics, which reflects the frames at their borders in the last scale; the authors' window stays inside.
    """

    higher_is_better = True
    color = "protocol"

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        """
        Raises:
            UserError: the frames are too small for five scales.
        """
        from torchmetrics.functional.image import (  # slow to import
            multiscale_structural_similarity_index_measure as ms_ssim,
        )

        if min(fake.shape[-2:]) < _SMALLEST:
            raise UserError(
                f"MS-SSIM needs frames of at least {_SMALLEST} pixels a side; these are {tuple(fake.shape[-2:])}"
            )
        scores = [ms_ssim(a[None].double(), b[None].double(), data_range=1.0) for a, b in zip(fake, real, strict=True)]
        return Mean.of([float(score) for score in scores])
