"""``python -m vidgan.launch.worker <run folder>``: the process of one job, and of each of its ranks.

Hydra is not involved: the job was composed once, by the launcher. What Lightning starts for the other devices is this
command again, so all ranks have the same configuration.
"""

import ctypes
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from vidgan.config.invocation import note
from vidgan.config.registration import register
from vidgan.errors import UserError, one_line
from vidgan.interruption import deaf, requests
from vidgan.launch.job import TrainingJob
from vidgan.record.folder import ERROR, RunFolder

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Has the kernel send SIGTERM when the process that started this one dies: a checkpoint, then the end.

    On Linux alone; elsewhere the run folder's lock keeps a second process away.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def record_error(folder: Path, error: Exception) -> None:
    """Writes ``error.txt``: one line, then the traceback unless it is a user's mistake; the first rank's stays."""
    details = "" if isinstance(error, UserError) else "".join(traceback.format_exception(error))
    with suppress(OSError), (folder / ERROR).open("x", encoding="utf-8") as file:
        file.write(f"{one_line(error)}\n{details}")


def is_final(error: Exception, iterations: int, slurm: DictConfig | None) -> bool:
    """Whether an error is a run's end, rather than SLURM's occasion for another attempt.

    What comes after some progress may be the machine's: a lost peer, a disk, a GPU. It is in the log alone then.

    Args:
        error: what ended this attempt.
        iterations: checkpointed in this attempt.
        slurm: how the run was submitted; None for one that was not.
    """
    if slurm is None or isinstance(error, UserError):
        return True
    return iterations == 0 or int(os.environ.get("SLURM_RESTART_COUNT", 0)) >= slurm.max_requeues


def run(folder: Path) -> None:
    """Trains the job of a run folder.

    Raises:
        SystemExit: 1 after a failure; 128 + the signal's number when a signal stopped it.
    """
    before, slurm = _iteration(folder), None
    try:
        from vidgan.experiment.training import train  # seconds of imports; their errors are recorded, too

        job = TrainingJob.read(folder)
        note(job.command, job.overrides)
        slurm = job.config.machine.slurm
        train(job.config, job.folder, _watchers(job))
    except Exception as error:
        if is_final(error, _iteration(folder) - before, slurm):
            record_error(folder, error)
        if isinstance(error, UserError):
            print(f"error: {error}", file=sys.stderr)
        else:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)  # the teardown of a process group would wait for ranks that are gone


def _iteration(folder: Path) -> int:
    return RunFolder(folder).summary.get("iteration", 0)


def _watchers(job: TrainingJob) -> list[Any]:
    if job.trial is None:
        return []
    from vidgan.engine.pruning import Pruning
    from vidgan.launch.trial import TrialJudge  # needs Optuna, which is an extra

    return [Pruning(TrialJudge(**job.trial))]


def main() -> None:
    end_with_parent()
    if "SLURM_JOB_ID" in os.environ:  # its signals come at any time: in the imports, in the test, at the very end
        requests.listen()
    register()
    run(Path(sys.argv[1]))
    deaf()  # a run that has ended is not killed, which would requeue it


if __name__ == "__main__":
    main()
