"""Peak signal-to-noise ratio."""

from torch import Tensor

from vidgan.metrics.base import Mean, PiecewiseMetric


class PSNR(PiecewiseMetric):
    """10 log10(1 / MSE) in dB of each frame, its channels together, then the mean over frames; the data range is 1.

    Equal frames score infinity.
    """

    higher_is_better = True
    color = "protocol"

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        errors = [(a.double() - b.double()).square().mean() for a, b in zip(fake, real, strict=True)]
        return Mean.of([float(-10 * error.log10()) for error in errors])
