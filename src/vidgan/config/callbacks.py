"""One's own callbacks and loggers of a training, by configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig
from pytorch_lightning import callbacks as lightning
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.callbacks.spike import SpikeDetection
from pytorch_lightning.loggers import Logger

from vidgan.config.instantiate import LIGHTNING, TARGET, build
from vidgan.errors import UserError

#: Lightning's callbacks that change nothing: a run with them is the same run.
WATCHING = ("DeviceStatsMonitor", "LearningRateMonitor", "ModelSummary", "RichModelSummary", "ThroughputMonitor")

#: Lightning's callbacks that cannot work with several optimizers, or do what the run does itself.
_REFUSED: Mapping[type[Callback], str] = {
    lightning.ModelCheckpoint: "checkpoints are written by the run itself; see machine.checkpoint",
    lightning.ProgressBar: "the run has a progress bar of its own; see machine.progress",
    lightning.GradientAccumulationScheduler: "gradients are accumulated by the engine; see engine.accumulate",
    lightning.StochasticWeightAveraging: "weights are averaged by the engine; see engine.ema",
    lightning.LearningRateFinder: "each player has its own rate; see players.<name>.optimizer.lr",
    lightning.BatchSizeFinder: "the size of a batch is a part of the experiment; see data.batch_size",
    lightning.BackboneFinetuning: "players decide which weights train and when; see players.<name>.owns and start",
    SpikeDetection: "losses that are no numbers are passed over by the engine; see engine.give_up_after",
}


@dataclass(frozen=True)
class Extras:
    """The callbacks and loggers that a configuration names."""

    callbacks: list[Callback]
    loggers: list[Logger]

    @classmethod
    def of(cls, config: DictConfig) -> "Extras":
        """Builds them, once for a training: a logger may open an experiment on a server.

        Raises:
            UserError: one is none, refuses its arguments, or does what the run does itself.
        """
        return cls(own_callbacks(config), own_loggers(config))


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
        for kind, instead in _REFUSED.items():
            if isinstance(callback, kind):
                raise UserError(f"callbacks.{name}: {instead}.")
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
        except UserError:
            raise
        except Exception as error:  # whatever its constructor raises, Lightning's own kind among them
            raise UserError(f"{group}.{name}: {' '.join(str(error).split())}") from error
        if not isinstance(built[name], kind):
            raise UserError(f"{group}.{name}: {node[TARGET]} is no {kind.__name__.lower()} of Lightning's.")
    return list(built.values())
