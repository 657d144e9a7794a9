"""What a coded clip costs.

``bits`` (T,) is the one name of it: the bits of each frame in the order shown, its packets' or those of an estimate,
whose sum is what the clip takes. What belongs to no frame, as a header, counts with the first one. A generator or a
baseline that codes names ``bits`` (B, T) in what it makes; a task whose condition is coded names them in the condition,
and they hold for all that is made of it.
"""

from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import Mean, PiecewiseMetric


class BitsPerPixel(PiecewiseMetric):
    """Bits of the clip over the pixels of its frames, of which one of three colors is one."""

    higher_is_better = False

    def measure(self, fake: Tensor, bits: Tensor) -> Mean:
        """
        Raises:
            UserError: ``bits`` are not one number for each frame.
        """
        count, _, height, width = fake.shape
        if bits.shape != (count,):
            raise UserError(
                f"bits have the shape {tuple(bits.shape)} for {count} frames; give each frame its own, (B, T) in all"
            )
        return Mean(float(bits.double().sum()), count * height * width)
