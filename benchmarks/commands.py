"""The commands of the package as processes, and what the system says they took."""

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

#: The quickstart, as short as it can be.
STILL = (
    "data.batch_size=1",
    "data.frames=2",
    "data.patch=32",
    "data.eval_frames=2",
    "data.eval_crop=32",
    "engine.iterations=1",
    "players.discriminator.start=0",
    "validation.every=null",
    "tracking=disabled",
    "machine=cpu",
    "machine.workers=0",
)


@dataclass(frozen=True)
class Cost:
    """Wall and user seconds of a process, and its largest resident memory in bytes."""

    seconds: float
    user_seconds: float
    peak_bytes: int


def installed() -> list[str]:
    """Names of the commands of the installed package."""
    return sorted(entry.name for entry in distribution("vidgan").entry_points if entry.group == "console_scripts")


def run(*arguments: str, folder: Path | None = None) -> Cost:
    """Runs a command of the environment to its end.

    Raises:
        RuntimeError: it failed; the text has its output.
    """
    program = Path(sys.executable).parent / arguments[0]
    started = time.perf_counter()
    with subprocess.Popen(
        [str(program), *arguments[1:]], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        # Not wait(): only wait4 tells what this one child took.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{output}")
    return Cost(time.perf_counter() - started, usage.ru_utime, _bytes(usage))


def _bytes(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
