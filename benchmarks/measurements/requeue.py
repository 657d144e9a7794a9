"""What a pause costs a run: from the signal to its checkpoint, and from a new start to the next iteration."""

import csv
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from benchmarks.measurement import Figure, middle


@dataclass(frozen=True)
class Size:
    rounds: int = 3


TINY = Size(rounds=1)

_RUN = ("engine.log_every=1", "players.discriminator.start=0", "validation.every=null", "tracking=disabled")


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    ends, starts = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = _start(folder)
        _next_iteration(folder, process)
        for _ in progress.track(range(size.rounds), description="requeue"):
            asked = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.wait()
            ended = time.perf_counter()
            process = _start(folder)
            _next_iteration(folder, process)
            ends.append(ended - asked)
            starts.append(time.perf_counter() - ended)
        process.kill()
        process.wait()
    (end, end_spread), (start, start_spread) = middle(ends), middle(starts)
    return [
        Figure("from the signal to the end of the process", end, "s", spread=end_spread, note="checkpoint written"),
        Figure("from a new start to the next iteration", start, "s", spread=start_spread, note="imports, cache, state"),
    ]


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    program = Path(sys.executable).parent / "vidgan-train"
    return subprocess.Popen([str(program), *_RUN], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _next_iteration(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    """Waits until the run has logged one more iteration.

    Raises:
        RuntimeError: the process ended instead.
    """
    before = _iteration(folder)
    while _iteration(folder) <= before:
        if process.poll() is not None:
            raise RuntimeError(f"vidgan-train {' '.join(_RUN)} ended with code {process.returncode}")
        time.sleep(0.01)


def _iteration(folder: Path) -> int:
    logs = list(folder.glob("runs/*/*/metrics.csv"))
    if not logs:
        return 0
    with logs[0].open() as file:
        return max((int(row["iteration"]) for row in csv.DictReader(file)), default=0)
