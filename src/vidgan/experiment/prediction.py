"""Using what was learned: the use of a run's task, or of the task that a file of weights is of, and no other code."""

from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from vidgan.config.instantiate import build
from vidgan.config.lint import lint
from vidgan.config.task_parts import options_of, use_of
from vidgan.console import say
from vidgan.engine.hardware import choose_precision
from vidgan.errors import UserError
from vidgan.experiment import knowledge
from vidgan.experiment.build import device_kind, refuse_absent_device
from vidgan.experiment.networks import load_subject
from vidgan.experiment.subject import Subject, recorded_config, subject
from vidgan.inference.trained import Trained
from vidgan.record.inputs import altered

DTYPES = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16, "32-true": None}


def load(
    run: str | None = None,
    weights: str | Path = "last",
    *,
    runs: str | Path = "runs",
    cache: str | Path = ".cache",
    device: str | None = None,
    precision: torch.dtype | None = None,
    progress: bool = False,
) -> Trained:
    """A trained network for the functions of ``vidgan.tasks.<task>.use``, without a command line.

    Args:
        run: id, name or folder of a run; None for weights of a file.
        weights: ``last`` or ``best`` of the run, or any file of weights of a network that vidgan knows, or a name of
            :data:`vidgan.experiment.zoo.ENTRIES`.
        runs: the folder of all runs.
        cache: the folder where weights that have a name are kept.
        device: of torch; None is a GPU where there is one.
        precision: type of mixed precision; None computes as the parameters are.
        progress: whether a bar shows how far a use is.

    Raises:
        UserError: there is no such run, no such weights, or no such device.
    """
    kind = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=kind)
    except Exception as error:  # each backend has its own
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"device={kind!r} cannot be used here ({reason}); leave it out, or give 'cpu'.") from error
    return _loaded(subject(run, str(weights), Path(runs), Path(cache)), kind, precision, progress, Path(cache))


def predict(config: DictConfig, found: Subject | None = None) -> Path:
    """Uses the network of a run or of a file of weights; returns the path of what was written.

    Args:
        config: of :func:`vidgan.config.command_schemas.with_options`.
        found: what ``run`` and ``weights`` name, where that is known already.

    Raises:
        UserError: the run, the weights or what the task asks for is at fault; nothing half-written is left.
    """
    refuse_absent_device(config.machine)
    lint(config, {})
    folders = Path(config.paths.runs), Path(config.paths.cache)
    found = found or subject(config.run, config.weights, *folders, [str(key) for key in config])
    out = use_on(config.machine, found, _given(config, options_of(found.task)), folders[1])
    say(f"written to {out}")
    return out


def use_on(machine: DictConfig, found: Subject, given: Mapping[str, Any], cache: Path) -> Path:
    """Has the task of a run or of weights do its use; returns the path of what was written.

    Args:
        machine: where it is computed, of :class:`vidgan.config.schema.MachineConfig`.
        found: what is used.
        given: the options of its task, with an object for each component; those that are left out are as declared.
        cache: the folder where weights that have a name are kept.

    Raises:
        UserError: as of :func:`predict`.
    """
    options = options_of(found.task)(**given)
    if machine.threads is not None:
        torch.set_num_threads(machine.threads)
    kind = device_kind(machine)
    precision = DTYPES[choose_precision(machine.precision, kind)]
    return use_of(found.task)(_loaded(found, kind, precision, machine.progress, cache), options)


def _given(config: DictConfig, options: type) -> dict[str, Any]:
    """The options of a task in a configuration, with an object for each of its components."""
    return {
        part.name: build(config[part.name], part.name)
        if part.metadata.get("component")
        else OmegaConf.to_container(config[part.name])
        if OmegaConf.is_config(config[part.name])
        else config[part.name]
        for part in fields(options)
    }


def _loaded(found: Subject, device: str, precision: torch.dtype | None, progress: bool, cache: Path) -> Trained:
    network = load_subject(found).to(device)
    if found.folder is None:
        return Trained(network, precision, progress)
    config = recorded_config(found.folder)
    plain: Any = OmegaConf.to_container(config)
    known = knowledge.recall(found.folder)
    return Trained(network, precision, progress, plain, partial(altered, config, found.folder, cache), known)
