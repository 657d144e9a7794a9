"""What every metric promises."""

from typing import ClassVar, Literal

from torch import Tensor


class Metric:
    """Scores one clip against the real one; a subclass writes :meth:`__call__`.

    Attributes:
        higher_is_better: the direction in which a score improves.
        color: ``"protocol"`` when the metric is given what the protocol scores (RGB or luma), ``"rgb"`` when it is
            always given RGB.
    """

    higher_is_better: ClassVar[bool]
    color: ClassVar[Literal["protocol", "rgb"]] = "rgb"

    @property
    def available(self) -> bool:
        """Whether all it needs is on this machine; a protocol leaves it out otherwise."""
        return True

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        """
        Args:
            fake: (T, C, H, W) in [0, 1].
            real: the same shape and range.

        Returns:
            The mean over the frames, or over the pairs of neighbouring frames where time is what is measured.
        """
        raise NotImplementedError
