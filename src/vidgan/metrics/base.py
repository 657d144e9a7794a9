"""What every metric promises."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from torch import Tensor

from vidgan.metrics.direction import Direction
from vidgan.namespace import Asked, asked_by


class Metric:
    """Scores one clip against the real one; a subclass writes :meth:`__call__`.

    Attributes:
        higher_is_better: the direction in which a score improves.
        ideal: the score that is best, where neither direction is better for ever, e.g. 1 of a ratio to the real clip.
        color: ``"protocol"`` when the metric is given what the protocol scores (RGB or luma), ``"rgb"`` when it is
            always given RGB.
    """

    higher_is_better: ClassVar[bool]
    ideal: ClassVar[float | None] = None
    color: ClassVar[Literal["protocol", "rgb"]] = "rgb"

    @property
    def direction(self) -> Direction:
        return Direction(self.higher_is_better, self.ideal)

    @property
    def available(self) -> bool:
        """Whether all it needs is on this machine; a protocol leaves it out otherwise."""
        return True

    @cached_property
    def asked(self) -> Asked:
        """What :meth:`__call__` asks for."""
        return asked_by(self)

    def __call__(self, *args: Any, **kwargs: Any) -> float:
        """A subclass names what it needs; a protocol gives it that.

        Args:
            fake: (T, C, H, W) in [0, 1].
            real: the same shape and range.
            mask: (T, 1, H, W) in [0, 1], where the data has masks.
            keypoints: (T, K, 2) in pixels, where the data has key points.
            others: any other tensor of the step by its name, without B: what the generator made beside its frames,
                entries of its condition and of the clip's ``conditions``. A baseline that has not made what the
                generator has gets no score. Where clips are scored in pieces, each must be (T, ...), frame by frame;
                a condition may be a number () of the clip.

        Returns:
            The mean over the frames, or over the pairs of neighbouring frames where time is what is measured.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Mean:
    """A weighted mean that is still being added up; not a number while there is nothing in it."""

    total: float = 0.0
    weight: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float]) -> "Mean":
        return cls(sum(values), len(values))

    def __add__(self, other: "Mean") -> "Mean":
        return Mean(self.total + other.total, self.weight + other.weight)

    @property
    def value(self) -> float:
        return self.total / self.weight if self.weight else math.nan


class PiecewiseMetric(Metric):
    """A mean over the frames of a clip, or over neighbouring ones, which may come piece by piece.

    A subclass writes :meth:`measure`, which is given what it names. Other metrics are given whole clips.

    Attributes:
        before: frames before a frame that its part of the score needs, e.g. 1 where pairs are measured.
    """

    before: ClassVar[int] = 0

    @cached_property
    def asked(self) -> Asked:
        """What :meth:`measure` asks for."""
        return asked_by(self.measure)

    def measure(self, *args: Any, **kwargs: Any) -> Mean:
        """What a piece adds.

        Args:
            fake, real: (T, C, H, W) in [0, 1]; the first :attr:`before` frames were seen before.
            others: see :meth:`Metric.__call__`; (T, ...) of the same frames, or a number ().

        Raises:
            UserError: there are no more than :attr:`before` frames.
        """
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> float:
        """Of a whole clip; arguments as of :meth:`measure`."""
        return self.measure(*args, **kwargs).value


class SetMetric(Metric):
    """Scores all clips of a test together; a subclass writes :meth:`collect` and :meth:`combine`.

    It takes ``fake`` and ``real`` alone, in RGB. One that can be given a clip piece by piece writes :meth:`merge`, too.

    Attributes:
        piecewise: whether it can.
    """

    asked = Asked(("fake", "real"))
    piecewise: ClassVar[bool] = False

    def collect(self, fake: Tensor, real: Tensor) -> Any:
        """What is kept of one clip (T, 3, H, W) in [0, 1]: small, on the CPU, and fit to be sent to other ranks."""
        raise NotImplementedError

    def merge(self, kept: Any, more: Any) -> Any:
        """What is kept of a clip, of what was kept of its beginning and of the piece that follows."""
        raise NotImplementedError

    def combine(self, parts: list[Any]) -> float:
        """The score of the test, of what was kept of each clip."""
        raise NotImplementedError
