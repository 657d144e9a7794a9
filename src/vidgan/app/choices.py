"""What can be tried: finished runs, and weights that have a name."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vidgan.config.task_parts import known_tasks
from vidgan.errors import UserError
from vidgan.experiment import zoo
from vidgan.experiment.subject import task_of
from vidgan.launch.status import run_folders
from vidgan.record.folder import FINISHED


@dataclass(frozen=True)
class Choice:
    """One network.

    Attributes:
        label: what stands in the list; no two have one.
        task: the ``_target_`` of its task.
        run: the folder of the run; None for weights that have a name.
        weights: ``last``, or that name.
        about: one sentence about it.
    """

    label: str
    task: str
    run: Path | None = None
    weights: str = "last"
    about: str = ""


def choices(runs: Path, cache: Path) -> dict[str, Choice]:
    """All of them by label: runs, the newest first, then weights that are on this machine, then those to be fetched."""
    found = [*_of_runs(runs), *sorted(_of_names(cache), key=lambda choice: "fetched" in choice.about)]
    return {choice.label: choice for choice in found}


def _of_runs(runs: Path) -> Iterator[Choice]:
    finished = [folder for folder in run_folders(runs) if folder.state == FINISHED]
    for folder in sorted(finished, key=lambda folder: -folder.started):
        with suppress(UserError):  # damaged, or of a package that is not here: its use would say so
            folder.weights("last")
            label = f"{folder.path.parent.name} / {folder.id}"
            yield Choice(label, task_of(folder), folder.path.resolve(), about=f"Your run {folder.id}.")


def _of_names(cache: Path) -> Iterator[Choice]:
    targets = dict(known_tasks())
    for name, entry in zoo.ENTRIES.items():
        if entry.task in targets:
            here = "" if entry.place(name, cache).is_file() else " It is fetched once, when it is first used."
            about = f"{entry.title}; licence {entry.licence}.{here}"
            yield Choice(f"{entry.task} / {name}", targets[entry.task], weights=name, about=about)
