"""Whether what a training reads, writes and uses is there and fits, before it has a folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from omegaconf import DictConfig
from torch import nn

from vidgan.data.datamodule import DataModule
from vidgan.engine.parallel import refuse_batch_norm_apart
from vidgan.errors import UserError
from vidgan.experiment.build import device_kind, refuse_absent_device, slurm_environment, warm_starts, world_size
from vidgan.weights import State, misfit, read_state


def refuse_absent(config: DictConfig) -> None:
    """Looks for what a training reads and uses on this machine.

    Raises:
        UserError: the data, the weights to start from or the device is not there.
    """
    root = config.data.get("root")
    if isinstance(root, str) and not Path(root).exists():
        raise UserError(f"data.root={root}: there is no such file or folder.")
    for network, weights in warm_starts(config):
        if not Path(weights).is_file():
            raise UserError(f"warm_start.{network}={weights}: there is no such file.")
    for above in Path(config.paths.runs).parents:
        if above.exists() and not above.is_dir():
            raise UserError(f"paths.runs={config.paths.runs}: {above} is a file; give a folder.")
    if config.machine.slurm is None:
        refuse_absent_device(config.machine)
        if "SLURM_NTASKS" in os.environ:
            slurm_environment()


def refuse_useless_data(data: DataModule, machine: DictConfig) -> None:
    """
    Raises:
        UserError: there is nothing to train on, what would be scored is missing, or the cache cannot be written.
    """
    data.examine()
    if machine.slurm is None:
        data.refuse_closed_cache()


def refuse_other_parts(config: DictConfig, networks: nn.ModuleDict) -> None:
    """
    Raises:
        UserError: a key names a part of a network that there is not.
    """
    for key, name in _named_parts(config):
        try:
            networks.get_submodule(name)
        except AttributeError as error:
            raise UserError(
                f"{key} names '{name}', which is no part of the networks ({', '.join(networks)})."
            ) from error


def _named_parts(config: DictConfig) -> Iterator[tuple[str, str]]:
    yield from (("engine.compile", name) for name in config.engine.compile)
    yield from (("warm_start", name) for name, _ in warm_starts(config))


def refuse_batch_norm(config: DictConfig, networks: nn.ModuleDict) -> None:
    """
    Raises:
        UserError: a network has batch statistics that this machine's processes could not take together.
    """
    if config.machine.slurm is None and device_kind(config.machine) == "cpu":
        refuse_batch_norm_apart(networks, world_size(config.machine))


class Weights:
    """What is in the files of weights that trainings start from; each is read once."""

    def __init__(self) -> None:
        self._shapes: dict[str, State] = {}

    def refuse_misfit(self, config: DictConfig, networks: nn.ModuleDict) -> None:
        """
        Raises:
            UserError: weights to start from cannot be read, or are of another architecture.
        """
        for name, path in warm_starts(config):
            network = networks.get_submodule(name)
            if problems := misfit(network, self._read(f"warm_start.{name}", path)):
                raise UserError(
                    f"warm_start.{name}={path} does not fit {type(network).__name__}: {problems}; choose the "
                    f"architecture and the sizes that the weights were trained with."
                )

    def _read(self, key: str, path: str) -> State:
        if path not in self._shapes:
            try:
                state = read_state(path)
            except UserError as error:
                raise UserError(f"{key}: {error}") from error
            self._shapes[path] = {name: value.to("meta") for name, value in state.items()}
        return self._shapes[path]
