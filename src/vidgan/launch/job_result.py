"""How the jobs of a sweep ended: the closing table and the exit code."""

import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vidgan.errors import UserError
from vidgan.launch.job import LOG, TrainingJob
from vidgan.record.folder import ERROR, FAILED, FINISHED, PRUNED, RUNNING, write_atomically


class State(StrEnum):
    """The end of a job, as the closing table names it."""

    FINISHED = "finished"
    FAILED = "failed"
    PRUNED = "pruned"
    STOPPED = "stopped"
    EXISTED = "existed already"
    SUBMITTED = "submitted"


_COLORS = {State.FAILED: "red", State.STOPPED: "yellow", State.FINISHED: "green"}


@dataclass(frozen=True)
class Outcome:
    """How a job ended, and for a failed one why."""

    job: TrainingJob
    state: State
    error: str | None = None


def outcome_of(job: TrainingJob, code: int) -> Outcome:
    """The outcome of a job whose process has ended.

    A process that was killed could not write its own end: this does so for it.

    Args:
        job: whose run folder tells the rest.
        code: exit code of the process, or minus the signal's number.
    """
    state = job.folder.state
    if code == 0 and state in (FINISHED, PRUNED):
        return Outcome(job, State.FINISHED if state == FINISHED else State.PRUNED)
    number = -code if code < 0 else code - 128
    if number in (signal.SIGINT, signal.SIGTERM):
        return Outcome(job, State.STOPPED)
    if job.error is None:
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        remedy = " (too little memory?)" if code == -signal.SIGKILL else ""
        write_atomically(job.folder.path / ERROR, f"The process {how}{remedy}; see {job.folder.path / LOG}.\n")
    if state == RUNNING:
        job.folder.update_summary(state=FAILED)
    return Outcome(job, State.FAILED, job.error)


def show_outcomes(name: str, outcomes: Sequence[Outcome]) -> None:
    """Prints one row a job, those that failed last, and where the logs are."""
    if not outcomes:
        print(f"{name}: nothing was left to do.")
        return
    counts = {state: sum(outcome.state is state for outcome in outcomes) for state in State}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    table = Table(title=Text(f"{name}: {told}"))
    for column in ("job", "run", "state", "seconds"):
        table.add_column(column, justify="right" if column == "seconds" else "left", overflow="fold")
    for outcome in sorted(outcomes, key=lambda outcome: outcome.state is State.FAILED):
        color = _COLORS.get(outcome.state, "default")
        seconds = _seconds(outcome.job)
        table.add_row(
            Text(outcome.job.label),
            outcome.job.id,
            Text(str(outcome.state), color),
            seconds,
        )
    console = Console()
    console.print(table)
    for outcome in outcomes:
        if outcome.state is State.FAILED:
            line = f"{outcome.job.label}: {outcome.error} (log: {outcome.job.folder.path / LOG})"
            console.print(line, style="red", highlight=False, markup=False, soft_wrap=True)


def _seconds(job: TrainingJob) -> str:
    """How long it was worked on; nothing where that is not recorded, or cannot be read."""
    with suppress(UserError):
        return f"{job.folder.summary['seconds']:.0f}" if job.folder.summary.get("seconds") is not None else ""
    return ""


def exit_code(outcomes: Sequence[Outcome], stopped_by: int | None) -> int:
    """128 + the signal's number after a signal, 1 where a job failed or was stopped by itself, else 0."""
    if stopped_by is not None:
        return 128 + stopped_by
    return int(any(outcome.state in (State.FAILED, State.STOPPED) for outcome in outcomes))
