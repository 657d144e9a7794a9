"""When one score is better than another."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Direction:
    """Which way a score improves.

    Attributes:
        higher: whether a higher score is better; says nothing where there is an ideal.
        ideal: the score that is best, e.g. 1 of a ratio to the real clip; None where further is always better.
    """

    higher: bool
    ideal: float | None = None

    def quality(self, score: float) -> float:
        """Of two scores the better one has more of it."""
        if self.ideal is not None:
            return -abs(score - self.ideal)
        return score if self.higher else -score

    def best(self, scores: Iterable[float]) -> float:
        """The best of the scores that are numbers; not a number where none is."""
        known = [score for score in scores if not math.isnan(score)]
        return max(known, key=self.quality, default=math.nan)

    @property
    def sign(self) -> str:
        """What a heading shows of it: ``↑``, ``↓`` or ``→ 1``."""
        if self.ideal is not None:
            return f"→ {self.ideal:g}"
        return "↑" if self.higher else "↓"


def written(directions: Mapping[str, Direction]) -> dict[str, Any]:
    """Directions by metric as the entries of a ``summary.json``."""
    return {
        "higher_is_better": {name: direction.higher for name, direction in directions.items()},
        "ideal": {name: direction.ideal for name, direction in directions.items() if direction.ideal is not None},
    }


def read(summary: Mapping[str, Any]) -> dict[str, Direction]:
    """Directions by metric, of what :func:`written` made; none where there is nothing of it."""
    ideal = summary.get("ideal", {})
    return {name: Direction(higher, ideal.get(name)) for name, higher in summary.get("higher_is_better", {}).items()}
