"""One's own callbacks and loggers of a training, by configuration."""

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from pytorch_lightning.loggers import Logger

from vidgan.errors import UserError
from vidgan.experiment.builder import LIGHTNING, TARGET, build

#: Lightning's callbacks that change nothing: a run with them is the same run.
WATCHING = ("DeviceStatsMonitor", "LearningRateMonitor", "ModelSummary", "RichModelSummary", "ThroughputMonitor")


def changing_callbacks(callbacks: Mapping[str, Any]) -> dict[str, Any]:
    """The callbacks that may change what is trained."""
    watching = tuple(f".{name}" for name in WATCHING)
    return {name: node for name, node in callbacks.items() if not node[TARGET].endswith(watching)}


def own_callbacks(config: DictConfig) -> list[Callback]:
    """The callbacks that a configuration names.

    Raises:
        UserError: one is none, or does what the run does itself.
    """
    callbacks = _built(config, "callbacks", Callback)
    for name, callback in zip(config.callbacks, callbacks, strict=True):
        if isinstance(callback, ModelCheckpoint):
            raise UserError(f"callbacks.{name}: checkpoints are written by the run itself; see machine.checkpoint.")
    return callbacks


def own_loggers(config: DictConfig) -> list[Logger]:
    """The loggers that a configuration names.

    Raises:
        UserError: one is none.
    """
    return _built(config, "loggers", Logger)


def _built(config: DictConfig, group: str, kind: type) -> list[Any]:
    built = {}
    for name, node in config[group].items():
        try:
            built[name] = build(node, f"{group}.{name}", LIGHTNING[group])
        except ImportError as error:
            raise UserError(f"{group}.{name}: {' '.join(str(error).split())}") from error
        if not isinstance(built[name], kind):
            raise UserError(f"{group}.{name}: {node[TARGET]} is no {kind.__name__.lower()} of Lightning's.")
    return list(built.values())
