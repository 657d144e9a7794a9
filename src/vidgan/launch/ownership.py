"""Whose a run is: what its files say is done as the user who runs a command, and so must be that user's own."""

import os
from pathlib import Path

from omegaconf import DictConfig

from vidgan.errors import UserError
from vidgan.record.folder import RunFolder

#: What of ``machine.slurm`` becomes a command, or may name one.
_COMMANDS = ("setup", "container", "srun", "python", "options")


def refuse_elsewhere(folder: RunFolder, runs: Path) -> None:
    """
    Raises:
        UserError: a run is not in the folder of all runs.
    """
    real = folder.path.resolve()
    if folder.path.is_symlink() or real.parent.parent != runs.resolve():
        raise UserError(f"Run {folder.id} is in {real.parent}, not in {runs} itself; give --runs=<folder of all runs>.")


def refuse_foreign(folder: RunFolder, *names: str) -> None:
    """
    Raises:
        UserError: one of these files of a run is another user's.
    """
    for path in (folder.path / name for name in names):
        if path.is_symlink() or (path.exists() and path.stat().st_uid != os.geteuid()):
            raise UserError(f"{path} is not yours, and nothing is done that it says; ask whose it is.")


def refuse_commands(folder: RunFolder, slurm: DictConfig) -> None:
    """
    Raises:
        UserError: a run's file would have commands run beside vidgan's own worker.
    """
    if told := [f"machine.slurm.{name}" for name in _COMMANDS if slurm[name]]:
        raise UserError(
            f"Run {folder.id} was submitted with {', '.join(told)}, and commands are not taken from a run's folder; "
            f"run its own command again, and it goes on."
        )
