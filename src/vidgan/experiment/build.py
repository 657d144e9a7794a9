"""From a configuration to the objects of a run."""

import logging
import os
import warnings
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, ListConfig
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from pytorch_lightning.plugins.environments import SLURMEnvironment
from torch import nn

from vidgan.config.instantiate import build, resolve_target
from vidgan.config.lint import lint
from vidgan.config.schema import AUTO
from vidgan.config.schema_check import item_type, keep_to_schema
from vidgan.data.datamodule import Loading
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.hardware import can_compute, choose_precision, cores, keep_freed_memory
from vidgan.engine.loss_terms import LossTerm, asks_discriminator
from vidgan.engine.parallel import PlayerDDPStrategy
from vidgan.engine.players import Player
from vidgan.engine.settings import EngineSettings
from vidgan.errors import UserError
from vidgan.experiment.zoo import located
from vidgan.protocols.protocol import Protocol
from vidgan.randomness import mix

_Declared = TypeVar("_Declared")

_ALL = ("auto", -1, "-1")
_PROCESSES = 8  # that any CPU may be shared by
TASK_SUPPLIED = ("networks", "players", "terms", "settings", "seed", "degradation")


def check(config: DictConfig) -> None:
    """Lints a training configuration and checks that its names fit together, before anything is built.

    Raises:
        UserError: names the key at fault.
    """
    if config.dry_run and config.machine.slurm is None:
        raise UserError("dry_run shows what would be submitted to SLURM; choose machine=slurm, or preflight=only.")
    keep_to_schema(config)
    lint(config, {"task": TASK_SUPPLIED, "data": ("loading",)})
    for name, term in config.losses.items():
        loss = resolve_target(term.loss._target_, f"losses.{name}.loss")
        if asks_discriminator(loss) and term.discriminator not in config.networks:
            raise UserError(
                f"losses.{name}.discriminator is '{term.discriminator}', which is not in networks "
                f"({', '.join(config.networks)})."
            )
    if config.protocol is not None and config.validation.monitor is not None:
        _refuse_other_monitor(config.validation.monitor, build(config.protocol, "protocol"))


def _refuse_other_monitor(monitor: str, protocol: Protocol) -> None:
    if monitor in protocol.left_out:
        raise UserError(f"validation.monitor is '{monitor}', which needs what is not on this machine; choose another.")
    if monitor in protocol.rate_distortion:
        raise UserError(f"validation.monitor is '{monitor}', which a test alone finds, by its anchor; choose another.")
    if monitor not in protocol.directions:
        raise UserError(f"validation.monitor is '{monitor}'; the protocol has {', '.join(protocol.directions)}.")


def warm_starts(config: DictConfig) -> Iterator[tuple[str, str]]:
    """Networks, or parts of them, that start from trained weights, e.g. ``generator.spynet``, and the files.

    Those that have a name are fetched where they are not here yet.

    Null asks for none.
    """

    def walk(node: Any, name: str) -> Iterator[tuple[str, str]]:
        for key, value in node.items():
            inner = f"{name}.{key}" if name else str(key)
            if isinstance(value, DictConfig):
                yield from walk(value, inner)
            elif value is not None:
                yield inner, located(str(value), config.paths.cache)

    return walk(config.warm_start, "")


def declared(kind: type[_Declared], node: DictConfig, key: str) -> _Declared:
    """What a node of the configuration declares, with its components built.

    Args:
        kind: a dataclass that is also the node's schema.
        node: of the configuration.
        key: where it stands, for error messages.
    """
    given: dict[str, Any] = {}
    for part in fields(kind):  # type: ignore[arg-type]  # it is a dataclass
        if part.name in node:
            value, path = node[part.name], f"{key}.{part.name}"
            if (inner := item_type(get_type_hints(kind)[part.name])) is not None:
                value = {name: declared(inner, item, f"{path}.{name}") for name, item in value.items()}
            elif part.metadata.get("component") and value is not None:
                value = build(value, path)
            given[part.name] = list(value) if isinstance(value, ListConfig) else value
    return kind(**given)


def build_networks(config: DictConfig) -> dict[str, nn.Module]:
    """The networks by name, initialized from the seed alone, in whatever order a configuration names them."""
    torch.manual_seed(mix(config.seed, "initialization"))
    order = sorted(config.networks, key=lambda name: (name != "generator", name != "discriminator", name))
    built = {name: build(config.networks[name], f"networks.{name}") for name in order}
    return {name: built[name] for name in config.networks}


def build_task(config: DictConfig, networks: dict[str, nn.Module] | None = None) -> AdversarialTask:
    """The task with its networks, players and losses."""
    networks = build_networks(config) if networks is None else networks
    extra: dict[str, Any] = {}
    if config.degradation is not None:
        extra["degradation"] = build(config.degradation, "degradation")
    task: AdversarialTask = build(
        config.task,
        "task",
        networks=networks,
        players={name: declared(Player, node, f"players.{name}") for name, node in config.players.items()},
        terms={name: declared(LossTerm, node, f"losses.{name}") for name, node in config.losses.items()},
        settings=declared(EngineSettings, config.engine, "engine"),
        seed=config.seed,
        **extra,
    )
    if config.protocol is not None:
        task.protocol = build(config.protocol, "protocol")
    return task


def build_data(data: DictConfig, machine: DictConfig, paths: DictConfig) -> pl.LightningDataModule:
    spare = min(8, max(0, cores() - 2))
    workers = spare if machine.workers is None else machine.workers
    loading = Loading(workers=workers, cache_dir=paths.cache, cache_gb=machine.cache_gb)
    return build(data, "data", loading=loading)


def device_kind(machine: DictConfig) -> str:
    """``cuda`` or ``cpu``: what Lightning's ``auto`` will choose."""
    if machine.accelerator in ("gpu", "cuda") or (machine.accelerator == "auto" and torch.cuda.is_available()):
        return "cuda"
    return "cpu"


def refuse_absent_device(machine: DictConfig) -> None:
    """Refuses GPUs that this machine does not have, or not as many, and a precision that its device has not.

    Raises:
        UserError: it says what there is.
    """
    there, device = torch.cuda.device_count(), device_kind(machine)
    if machine.num_nodes > 1 and not _several_nodes():
        raise UserError(
            f"machine.num_nodes={machine.num_nodes}: nothing has started this process on several machines; choose "
            f"machine=slurm, start it by torchrun, or set MASTER_ADDR, MASTER_PORT and NODE_RANK on each of them."
        )
    if device == "cpu":
        _refuse_processes(machine.devices)
    if machine.accelerator in ("gpu", "cuda") and not there:
        raise UserError(
            f"machine.accelerator={machine.accelerator}: torch finds no GPU on this machine; leave it out, or set it "
            f"to cpu."
        )
    if machine.precision != AUTO and not can_compute(machine.precision, device):
        raise UserError(
            f"machine.precision={machine.precision}: this machine's {device} cannot compute in it; leave it to auto, "
            f"or set it to 32-true or bf16-mixed."
        )
    if device == "cuda" and (asked := world_size(machine) // machine.num_nodes) > there:
        raise UserError(f"machine.devices={machine.devices}: {asked} GPUs are asked for, and this machine has {there}.")


def _refuse_processes(devices: Any) -> None:
    most = max(_PROCESSES, cores())
    if isinstance(devices, ListConfig) or "," in str(devices):
        raise UserError(f"machine.devices={devices}: there are no GPUs of these numbers; give a number of processes.")
    if devices not in _ALL and int(devices) > most:
        raise UserError(f"machine.devices={devices}: on a CPU it is a number of processes; give {most} at most.")


def _several_nodes() -> bool:
    """Whether the process is one of those that somebody has started on several machines."""
    torchrun = torch.distributed.is_torchelastic_launched()
    return torchrun or bool({"SLURM_NTASKS", "MASTER_ADDR"} & set(os.environ))


def _layout(machine: DictConfig) -> tuple[Any, int]:
    """Devices of each node, and nodes; torchrun has decided both where it has started this process."""
    if torch.distributed.is_torchelastic_launched():
        return int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["GROUP_WORLD_SIZE"])
    return "auto" if machine.devices in _ALL else machine.devices, machine.num_nodes


def world_size(machine: DictConfig) -> int:
    """Devices over all nodes, as Lightning will count them."""
    devices, nodes = _layout(machine)
    if devices == "auto":
        count = torch.cuda.device_count() if device_kind(machine) == "cuda" else 1
    elif isinstance(devices, str) and "," in devices:
        count = len([part for part in devices.split(",") if part.strip()])
    else:
        count = len(devices) if isinstance(devices, ListConfig) else int(devices)
    return max(1, count) * int(nodes)


def _strategy(machine: DictConfig) -> Any:
    return PlayerDDPStrategy() if machine.strategy == "ddp" or world_size(machine) > 1 else "auto"


def slurm_environment() -> SLURMEnvironment:
    """Lightning's view of the SLURM job that this process is in.

    Raises:
        UserError: the job was asked for in a way that Lightning does not take.
    """
    try:
        return SLURMEnvironment(auto_requeue=False)
    except RuntimeError as error:
        raise UserError(f"The SLURM job around this command will not do: {' '.join(str(error).split())}") from error


def build_trainer(
    machine: DictConfig, callbacks: list[Callback], loggers: list[Logger], **arguments: Any
) -> pl.Trainer:
    """Lightning's trainer with what our engine does itself turned off."""
    for package in ("pytorch_lightning", "lightning_fabric"):  # advice on loops that are not used
        logging.getLogger(package).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=package)
    if machine.threads is not None:
        torch.set_num_threads(machine.threads)
    device = device_kind(machine)
    if device == "cpu":
        keep_freed_memory()
    devices, nodes = _layout(machine)
    # Lightning's own requeue saves inside of a signal handler: half steps, and deadlocks.
    plugins: list[Any] = [slurm_environment()] if SLURMEnvironment.detect() else []
    return pl.Trainer(
        accelerator=machine.accelerator,
        devices=devices,
        num_nodes=nodes,
        strategy=_strategy(machine),
        plugins=plugins,
        precision=choose_precision(machine.precision, device),
        sync_batchnorm=device == "cuda",
        callbacks=callbacks,
        logger=loggers,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        log_every_n_steps=1,
        **arguments,
    )
