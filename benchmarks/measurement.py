"""What a measurement returns."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """One measured number and what it should be.

    Attributes:
        name: what was measured, in a few words.
        value: in ``unit``.
        unit: ``"x"`` for ratios.
        target: the bound; None for a number that is stated only.
        better: whether the value should be at most or at least the target.
        spread: values between which the middle half of the repetitions lies; None where there is one repetition.
        note: what was compared with what.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["lower", "higher"] = "lower"
    spread: tuple[float, float] | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "lower" else self.value >= self.target

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def middle(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The median and the quartiles."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return median(ordered), (ordered[quarter], ordered[-1 - quarter])
