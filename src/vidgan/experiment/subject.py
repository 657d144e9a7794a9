"""What ``run=`` and ``weights=`` name, and the task that decides how it is used; without torch where a run is named."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from vidgan.config.command_schemas import PredictConfig
from vidgan.config.instantiate import TARGET
from vidgan.config.recorded import read_config
from vidgan.config.task_parts import options_of
from vidgan.errors import UserError
from vidgan.experiment import zoo
from vidgan.record.folder import RunFolder, find_trained

SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt")
NOTHING_NAMED = (
    "run is not set; give run=<id>, or weights=<file> (.safetensors, .pth) of any known network, or weights=<name>: "
    f"{', '.join(zoo.ENTRIES)}."
)
_COMMON = tuple(part.name for part in fields(PredictConfig))
_BUILT = ("task", "networks.generator")  # parts of a run's configuration that name a class


@dataclass(frozen=True)
class Subject:
    """What is used.

    Attributes:
        folder: of the run; None for weights of a file.
        weights: ``last`` or ``best`` of the run, or the file.
        task: the ``_target_`` of the task that it was trained for; None where that is not known.
    """

    folder: RunFolder | None
    weights: str
    task: str | None


def named(overrides: Sequence[str]) -> Subject | None:
    """What a command line names, read before its configuration is composed; None where it names nothing.

    Raises:
        UserError: there is no such run or file, or both are named.
    """
    given = {key: value.strip("'\"") for key, _, value in (override.partition("=") for override in overrides)}
    run, weights = given.get("run"), given.get("weights", "last")
    if run in (None, "null") and not is_file(weights):
        return None
    folders = Path(given.get("paths.runs", "runs")), Path(given.get("paths.cache", ".cache"))
    return subject(None if run == "null" else run, weights, *folders, given.keys())


def is_file(weights: str) -> bool:
    """Whether weights are those of a file, or of a name that has one, and not of a run."""
    return weights.endswith(SUFFIXES) or weights in zoo.ENTRIES


def subject(run: str | None, weights: str, runs: Path, cache: Path, asked: Collection[str] = ()) -> Subject:
    """The run or the file of weights.

    Args:
        run: id, name or folder; None for weights of a file.
        weights: ``last``, ``best``, a file, or a name of :data:`vidgan.experiment.zoo.ENTRIES`.
        runs: the folder of all runs.
        cache: the folder where weights that have a name are kept.
        asked: keys of the command line: where runs of several tasks have the name, those that have such options.

    Raises:
        UserError: there is no such run or file, or both are named.
    """
    if run is None:
        if not is_file(weights):
            raise UserError(NOTHING_NAMED)
        from vidgan.experiment.networks import task_of_weights  # imports torch

        weights = zoo.located(weights, cache)
        return Subject(None, weights, task_of_weights(Path(weights)))
    if is_file(weights):
        raise UserError(f"run={run} and weights={weights} are two networks; give one of them.")
    own = {key for key in asked if key not in _COMMON and "." not in key and not key.startswith(("+", "~"))}
    folder = find_trained(runs, run, preferred=lambda candidate: own <= _options(candidate))
    return Subject(folder, weights, task_of(folder))


def task_of(folder: RunFolder) -> str:
    """The ``_target_`` of the task that a run was trained for.

    Raises:
        UserError: as of :func:`recorded_config`.
    """
    return str(recorded_config(folder).task[TARGET])


def _options(folder: RunFolder) -> set[str]:
    """The names of what the use of a run's task asks for; none where the task cannot be told: its use will say why."""
    try:
        return {part.name for part in fields(options_of(task_of(folder)))}
    except UserError:
        return set()


def recorded_config(folder: RunFolder) -> DictConfig:
    """The configuration that a run was trained with.

    Raises:
        UserError: it has not started yet, or its configuration is damaged or asks for what this machine has.
    """
    path = folder.path / "config.yaml"
    if not path.is_file():
        raise UserError(f"Run {folder.id} has not started yet; see vidgan-runs list.")
    config = read_config(path, folder.recorded_id)
    for part in ("task", "engine", "networks", "networks.generator"):
        if not isinstance(found := OmegaConf.select(config, part), DictConfig) or (
            part in _BUILT and TARGET not in found
        ):
            raise UserError(f"{path}: has no {part}; it is damaged, or not the configuration of a run.")
    return config
