"""What a sweep costs before its first job, and what its launcher adds to each."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hydra import compose, initialize_config_dir
from rich.progress import Progress

from benchmarks.commands import STILL, run
from benchmarks.measurement import Figure, middle
from vidgan.config.paths import CONF
from vidgan.config.registration import register
from vidgan.launch.job import TrainingJob


@dataclass(frozen=True)
class Size:
    """Points of the preflight; jobs of the launched sweep, and how often that is repeated."""

    points: int = 64
    jobs: int = 4
    rounds: int = 3


TINY = Size(points=2, jobs=1, rounds=1)


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    bar = progress.add_task("sweep", total=1 + size.rounds)
    with tempfile.TemporaryDirectory() as name:
        seeds = f"seed={','.join(map(str, range(size.points)))}"
        checked = run("vidgan-train", "-m", seeds, "preflight=only", folder=Path(name)).seconds
    progress.advance(bar)
    costs = []
    for _ in range(size.rounds):
        with tempfile.TemporaryDirectory() as name:
            _bare(Path(name), seed=200)  # decodes the clips, which is once for all
            costs.append(_launched(Path(name), size.jobs) - _bare(Path(name), seed=201))
        progress.advance(bar)
    added, spread = middle(costs)
    return [
        Figure("preflight of a sweep", checked, "s", 30, note=f"{size.points} points of the quickstart, whole command"),
        Figure(
            "launcher's cost a job", added, "s", 0.5, spread=spread, note="a job in a sweep / its worker started bare"
        ),
    ]


def _launched(folder: Path, jobs: int) -> float:
    """Seconds a job: those of a sweep with ``jobs`` more jobs than another, divided by them."""
    few = run("vidgan-train", "-m", "seed=100", *STILL, folder=folder).seconds
    more = run("vidgan-train", "-m", f"seed={','.join(map(str, range(jobs + 1)))}", *STILL, folder=folder).seconds
    return (more - few) / jobs


def _bare(folder: Path, seed: int) -> float:
    """Seconds of the process that trains one of these jobs, started by nobody but us."""
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"paths.runs={folder}/runs", f"paths.cache={folder}/.cache", f"seed={seed}", *STILL])
    started = time.perf_counter()
    command = [sys.executable, "-m", "vidgan.launch.worker", str(TrainingJob.plan(config).write())]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started
