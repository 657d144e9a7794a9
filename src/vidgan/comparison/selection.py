"""Which runs a command line means."""

from collections.abc import Sequence
from pathlib import Path

from vidgan.comparison.folders import read_folder
from vidgan.comparison.records import RunRecord, read_each
from vidgan.comparison.wandb_api import PREFIX, read_project
from vidgan.comparison.wandb_logs import read_logs
from vidgan.errors import UserError
from vidgan.record.folder import RunFolder
from vidgan.record.names import name_of
from vidgan.tracking.wandb_log import log_files


def select(arguments: Sequence[str], runs: Path) -> list[RunRecord]:
    """The runs that the arguments name, in their order, each once.

    An argument is ``wandb:entity/project[/group]``, an offline W&B log or a folder of such, a run folder or a folder of
    such, a pattern of folders, a group, a run's id, the name of runs or the beginning of ids.

    Raises:
        UserError: an argument names nothing.
    """
    found: dict[str, RunRecord] = {}
    for argument in arguments:
        try:
            records = _named(argument, runs)
        except OSError as error:
            raise UserError(f"{argument}: cannot be read through ({error.strerror}); name runs or a group.") from error
        for record in records:
            found.setdefault(record.id, record)
    return list(found.values())


def _named(argument: str, runs: Path) -> list[RunRecord]:
    if argument.startswith(PREFIX):
        return read_project(argument)
    if folders := _folders(argument, runs):
        return read_each([RunFolder(path) for path in folders], read_folder)
    if logs := [Path(argument)] if argument.endswith(".wandb") else log_files(Path(argument)):
        return read_logs(logs)
    known = [RunFolder(path) for path in _runs_in(runs)]
    groups = {folder.path: _group(folder) for folder in known}
    chosen = (
        [folder for folder in known if groups[folder.path] == argument]
        or [folder for folder in known if folder.id == argument]
        or [folder for folder in known if name_of(folder.id) == argument]
        or [folder for folder in known if folder.id.startswith(argument)]
    )
    if not chosen:
        grouped = sorted({group for group in groups.values() if group})
        single = sorted({name_of(folder.id) for folder in known if not groups[folder.path]})
        some = ", ".join([*grouped, *single]) or "none"
        raise UserError(f"{argument} is no group, run or folder; in {runs} there are: {some}.")
    return read_each(chosen, read_folder)


def _group(folder: RunFolder) -> str | None:
    """The sweep that a run is a point of; a run that cannot be read belongs to none."""
    try:
        return folder.summary.get("group")
    except UserError:
        return None


def _folders(argument: str, runs: Path) -> list[Path]:
    """Run folders that an argument names as a path or as a pattern, from here or from ``runs``."""
    if (Path(argument) / "machine.yaml").is_file():
        return [Path(argument).resolve()]
    if Path(argument).is_dir():
        return _runs_in(Path(argument))
    if not any(sign in argument for sign in "*?["):
        return []
    roots = [Path("/")] if argument.startswith("/") else [Path(), runs]
    matching = (path for root in roots for path in sorted(root.glob(argument.lstrip("/"))))
    return [path.resolve() for path in matching if (path / "machine.yaml").is_file()]


def _runs_in(folder: Path) -> list[Path]:
    """Run folders one or two levels down, told by their ``machine.yaml``: W&B writes a ``config.yaml``, too."""
    marks = [*folder.glob("*/machine.yaml"), *folder.glob("*/*/machine.yaml")]
    return sorted(path.parent.resolve() for path in marks)
