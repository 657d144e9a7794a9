"""A run as a comparison sees it, wherever it was recorded."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from vidgan.console import say
from vidgan.engine.score_rows import MODEL
from vidgan.errors import UserError, printable
from vidgan.record.folder import FINISHED
from vidgan.record.summary import misshapen

Item = TypeVar("Item")
Read = TypeVar("Read")
Curve = list[tuple[int, float]]


@dataclass(frozen=True)
class RunRecord:
    """One run, read from its folder, from an offline W&B log or from a W&B server.

    Attributes:
        id: the run's id.
        config: the resolved experiment half; machine folders are left as names, ``<paths.data>/...``.
        summary: the run folder's ``summary.json``.
        clips: the model's test scores, ``{clip: {metric: value}}``.
        curves: what was logged, ``{name: [(iteration, value), ...]}`` by ascending iteration.
        samples: pictures of the validation clips by iteration.
        video: the side-by-side video of a test clip.
        provenance: the newest segment of ``provenance.json``; of a folder also ``code``, a hash by module.
        project: W&B's ``entity/project``, or ``project`` where the entity is the default one.
    """

    id: str
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    clips: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    samples: Mapping[int, Path] = field(default_factory=dict)
    video: Path | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    project: str | None = None

    def __post_init__(self) -> None:
        if key := misshapen(self.summary):
            raise ValueError(f"{key} of its summary is not what a run writes")
        if not isinstance(self.config, Mapping) or not isinstance(self.provenance.get("code", {}), Mapping):
            raise TypeError("its configuration or its code is no mapping")
        if self.id != printable(self.id):
            raise ValueError("its name is not printable")

    @property
    def state(self) -> str:
        return str(self.summary.get("state", "unknown"))

    @property
    def finished(self) -> bool:
        return self.state == FINISHED

    @property
    def seed(self) -> Any:
        return self.config.get("seed")

    @property
    def protocol(self) -> Mapping[str, Any]:
        """Its configuration."""
        return self.config.get("protocol") or {}

    @property
    def metrics(self) -> Mapping[str, float]:
        """Test scores, mean over clips."""
        return self.summary.get("metrics", {})

    @property
    def costs(self) -> dict[str, float]:
        """What the run took, by the names of :data:`COSTS`; what was not recorded is missing."""
        parameters = self.summary.get("parameters", {})
        found = {
            "seconds": self.summary.get("seconds"),
            "iterations_per_second": self.summary.get("iterations_per_second"),
            "peak_memory_gb": next(iter(self.summary.get("peak_memory", {}).values()), None),
            "parameters": parameters.get("generator", sum(parameters.values()) or None),
        }
        return {name: value for name, value in found.items() if value is not None}


@contextmanager
def damage_told(run: object) -> Iterator[None]:
    """Inside, numbers that are none, keys that are not there and the like are a user's mistake.

    Raises:
        UserError: what is recorded of ``run`` cannot be read.
    """
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError, csv.Error) as error:
        raise UserError(f"{run}: what it recorded cannot be read ({type(error).__name__}: {error}).") from error


def read_each(items: Sequence[Item], read: Callable[[Item], Read]) -> list[Read]:
    """What ``read`` makes of each; one that is damaged is told and left out, as long as another one can be read.

    Raises:
        UserError: none can be read.
    """
    found, faults = [], []
    for item in items:
        try:
            found.append(read(item))
        except UserError as error:
            faults.append(error)
    if faults and not found:
        raise faults[0]
    for fault in faults:
        say(f"left out: {fault}", error=True)
    return found


#: Costs and how a table heads them; parameters are the generator's, which is what a user of the model runs.
COSTS = {
    "seconds": "seconds",
    "iterations_per_second": "it/s",
    "peak_memory_gb": "peak GB",
    "parameters": "parameters",
}


def model_scores(rows: Iterable[Mapping[str, str]]) -> dict[str, dict[str, float]]:
    """The model's test scores among the rows of a ``per_clip.csv``; of rows written twice the later count."""
    own = [row for row in rows if row["split"] == "test" and row["method"] == MODEL]
    other = ("iteration", "split", "method", "clip")
    return {
        row["clip"]: {name: float(value) for name, value in row.items() if name not in other and value} for row in own
    }


def comparable(value: Any) -> Any:
    """A configuration without empty mappings, which say nothing and which W&B drops."""
    if not isinstance(value, Mapping):
        return value
    return {key: comparable(item) for key, item in value.items() if item != {}}


def curves(rows: Iterable[Mapping[str, Any]]) -> dict[str, Curve]:
    """Rows by iteration, as of ``metrics.csv``, to one curve a name; of an iteration logged twice the later counts."""
    found: dict[str, dict[int, float]] = {}
    for row in rows:
        for name, value in row.items():
            if name != "iteration" and value not in ("", None):
                found.setdefault(name, {})[int(row["iteration"])] = float(value)
    return {name: sorted(points.items()) for name, points in found.items()}
