"""The generator that a command applies: a run's, or that of any file of weights."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from omegaconf import DictConfig, OmegaConf
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from vidgan.config.instantiate import NETWORKS, TARGET, build
from vidgan.config.lint import lint
from vidgan.config.recorded import resolved
from vidgan.config.task_parts import claiming
from vidgan.errors import UserError, told_of
from vidgan.experiment.subject import NOTHING_NAMED, Subject, is_file, recorded_config
from vidgan.experiment.zoo import located
from vidgan.generators.recognition import recognise
from vidgan.record.folder import RunFolder, find_trained
from vidgan.weights import fit, misfit, read_metadata, read_state

DESCRIPTION = "network"  # the entry of a safetensors file's metadata that tells how to build its network
TASK = "task"  # the entry that tells the _target_ of the task that it was trained for
_SPARE = 10  # times as many parameters as tensors are counted before a network is given up: they are told as missing


def weights_of(config: DictConfig) -> tuple[RunFolder | None, Path]:
    """The run that a command line names, if it names one, and the file of weights.

    Args:
        config: with ``run``, ``weights`` and ``paths``.

    Raises:
        UserError: there is neither a run nor a file of weights, or both; or no such run or weights.
    """
    if config.run is None and not is_file(config.weights):
        raise UserError(NOTHING_NAMED)
    if config.run is None:
        return None, Path(located(config.weights, config.paths.cache))
    if is_file(config.weights):
        raise UserError(f"run={config.run} and weights={config.weights} are two networks; give one of them.")
    folder = find_trained(Path(config.paths.runs), config.run)
    return folder, weights_in(folder, config.weights)


def weights_in(folder: RunFolder, which: str) -> Path:
    """The ``last`` or ``best`` weights of a run.

    Raises:
        UserError: it has none of that kind, or they are another run's, by what is written in both.
    """
    weights = folder.weights(which)
    trained = read_metadata(weights).get("run")
    own = folder.recorded_id  # a damaged summary makes weights none the worse
    if None not in (trained, own) and trained != own:
        raise UserError(f"{weights} is of another run, {trained}; put back the weights of {own}.")
    return weights


def describe(folder: RunFolder | None, weights: Path) -> DictConfig:
    """How to build the network of a run or a file: its ``_target_`` and arguments.

    What the file itself says of it comes before what its keys tell.

    Raises:
        UserError: the file cannot be read, or is of no known network.
    """
    if folder is not None:
        return _without_starts(recorded_config(folder).networks.generator)
    if said := read_metadata(weights).get(DESCRIPTION):
        return _parsed(said, weights)
    return OmegaConf.create(recognise(read_state(weights), weights))


def load_network(description: DictConfig, weights: Path) -> nn.Module:
    """The network in evaluation mode, with its weights.

    Raises:
        UserError: the description names something that is not allowed, or the weights are of another network, or no
            numbers.
    """
    lint(OmegaConf.create({"network": description}), {})
    state = read_state(weights)
    # First without memory: the description may be of a network that no machine can hold.
    with torch.device("meta"), _at_most_parameters(_SPARE + _SPARE * len(state), weights):
        network: nn.Module = build(description, "network", NETWORKS)
        problems = misfit(network, state)
    if not problems:
        network = build(description, "network", NETWORKS)
        problems = fit(network, state)
    if problems:
        told = ", ".join(f"{name!s}={value}" for name, value in description.items() if str(name) != "_target_")
        raise UserError(f"{weights} seems to be {type(network).__name__}({told}), but does not fit it: {problems}.")
    if lost := [name for name, value in network.state_dict().items() if not value.isfinite().all()]:
        raise UserError(f"{weights}: {lost[0]} holds what is no number; its training has diverged, or it is damaged.")
    return network.eval()


def load_subject(subject: Subject) -> nn.Module:
    """The network of a run or a file of weights.

    Raises:
        UserError: as of :func:`weights_in`, :func:`describe` and :func:`load_network`.
    """
    folder = subject.folder
    with told_of("weights" if folder is None else "run"):
        weights = Path(subject.weights) if folder is None else weights_in(folder, subject.weights)
        return load_network(describe(folder, weights), weights)


def task_of_weights(weights: Path) -> str | None:
    """The ``_target_`` of the task that a file of weights is of: as it says, or as its network tells; else None.

    Raises:
        UserError: as of :func:`describe`.
    """
    with told_of("weights"):
        return read_metadata(weights).get(TASK) or claiming(str(describe(None, weights).get(TARGET)))


@contextmanager
def _at_most_parameters(most: int, weights: Path) -> Iterator[None]:
    """Ends the making of a network that would have far more parameters than its file holds tensors."""
    made = itertools.count(1)

    def count(*_: object) -> None:
        if next(made) > most:
            raise UserError(f"{weights}: is said to be of a network of more than {most} parameters, which it is not.")

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()


def _without_starts(description: DictConfig) -> DictConfig:
    """The network without the files that its parts started from: the run's own weights hold what became of them."""
    for part in description.values():
        if isinstance(part, DictConfig):
            _without_starts(part)
    if "weights" in description:
        description.weights = None
    return description


def _parsed(text: str, weights: Path) -> DictConfig:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{weights}: its metadata entry '{DESCRIPTION}' is no JSON; export it again.") from error
    if not isinstance(content, dict):
        raise UserError(f"{weights}: its metadata entry '{DESCRIPTION}' is no JSON object; export it again.")
    return resolved(content, f"{weights}: its metadata entry '{DESCRIPTION}'")
