"""Peak signal-to-noise ratio."""

from torch import Tensor

from vidgan.metrics.base import Metric


class PSNR(Metric):
    """10 log10(1 / MSE) in dB of each frame, its channels together, then the mean over frames; the data range is 1.

    Equal frames score infinity.
    """

    higher_is_better = True
    color = "protocol"

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        errors = [(a.double() - b.double()).square().mean() for a, b in zip(fake, real, strict=True)]
        return sum(float(-10 * error.log10()) for error in errors) / len(errors)
