"""A job: one run that is to be, written down so that any process, here or on a cluster, can start it."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from vidgan.config.recorded import read_text, sealed
from vidgan.config.schema import TrainConfig
from vidgan.errors import UserError
from vidgan.record.folder import ERROR, FINISHED, RunFolder, write_atomically
from vidgan.record.identity import locate

JOB, LOG = "job.yaml", "log.txt"


@dataclass(frozen=True)
class TrainingJob:
    """One point of a sweep, or one single run.

    Attributes:
        overrides: what was said on the command line.
        config: the root configuration, unresolved, so that the folders of the machine it runs on stay names.
        folder: where the run lives.
        reason: one sentence: whether it is new, goes on or is done.
        trial: what a trial of a study needs to report its validations; see :class:`vidgan.launch.trial.TrialJudge`.
        command: the command line that it is a part of.
    """

    overrides: tuple[str, ...]
    config: DictConfig
    folder: RunFolder
    reason: str = ""
    trial: dict[str, Any] | None = None
    command: tuple[str, ...] = ()

    @classmethod
    def plan(cls, config: DictConfig, overrides: Sequence[str] = ()) -> "TrainingJob":
        """The job of a composed configuration; writes nothing."""
        return cls(tuple(overrides), config, *locate(config), command=tuple(sys.argv))

    @property
    def id(self) -> str:
        return self.folder.id

    @property
    def label(self) -> str:
        """What it is called among the jobs of its sweep."""
        return self.config.tracking.label or self.id

    @property
    def finished(self) -> bool:
        return self.folder.summary.get("state") == FINISHED

    @property
    def error(self) -> str | None:
        """The first line of what went wrong when it last ran."""
        path = self.folder.path / ERROR
        return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0] if path.is_file() else None

    def write(self) -> Path:
        """Makes the run folder with ``job.yaml`` and without the error of an earlier attempt; returns the folder."""
        with self.folder.written():
            self.folder.path.mkdir(parents=True, exist_ok=True)
            (self.folder.path / ERROR).unlink(missing_ok=True)
        typed = {"command": list(self.command), "overrides": list(self.overrides)}
        job = OmegaConf.create({**typed, "trial": self.trial, "config": self.config})
        write_atomically(self.folder.path / JOB, sealed(OmegaConf.to_yaml(job), self.id))
        return self.folder.path

    @classmethod
    def read(cls, folder: Path) -> "TrainingJob":
        """The job of a run folder; :func:`vidgan.commands.hydra_command.register` must have been called.

        Raises:
            UserError: the folder holds no job, or a damaged one.
        """
        path = folder / JOB
        if not path.is_file():
            raise UserError(f"{path}: there is no such file; a launcher writes it into the run folder.")
        try:
            # Unresolved: it is this machine's own, written by a launcher.
            job: Any = OmegaConf.create(read_text(path, folder.resolve().name))
            config: Any = OmegaConf.merge(OmegaConf.structured(TrainConfig), job.config)
            trial: Any = OmegaConf.to_container(job.trial) if job.trial else None
            command = tuple(job.get("command", ()))  # one that waits may be of a version that wrote none
            return cls(tuple(job.overrides), config, RunFolder(folder.resolve()), trial=trial, command=command)
        except (OmegaConfBaseException, YAMLError, ValueError, TypeError, AttributeError) as error:
            raise UserError(f"{path} is damaged; run the command that submitted it again.") from error
