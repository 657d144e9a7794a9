"""Data-parallel training in which every player reduces its own gradients, and only those.

Lightning's DDP wraps the whole module; two backward passes with disjoint parameters then need
``find_unused_parameters`` and reduce both networks' gradients twice. Here each player's parameters are in a
``DistributedDataParallel`` of their own whose forward is the computation of that player's loss.
"""

import atexit
import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
import torch.distributed.nn.functional  # before there is a group, which it would keep in its functions' defaults
from pytorch_lightning.strategies import DDPStrategy, DeepSpeedStrategy, FSDPStrategy, Strategy
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm  # also of somebody's own kinds, which torch synchronizes as well
from torch.nn.parallel import DistributedDataParallel

from vidgan.errors import UserError


class _Phase(nn.Module):
    """Holds a player's parameters; its forward is whatever computation it is given."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        super().__init__()
        self.parameters_of_player = nn.ParameterList(parameters)

    def forward(self, compute: Callable[[], Any]) -> Any:
        return compute()


class Reducers:
    """One gradient reducer a player; on one device they do nothing."""

    def __init__(self) -> None:
        self._wrapped: dict[str, DistributedDataParallel] = {}

    def wrap(self, parameters: Mapping[str, Sequence[nn.Parameter]], **options: Any) -> None:
        self._wrapped = {
            name: DistributedDataParallel(_Phase(owned), **options) for name, owned in parameters.items() if owned
        }

    def clear(self) -> None:
        """Lets go of the process group, even where the traceback of an error holds on to a reducer."""
        for reducer in self._wrapped.values():
            vars(reducer).clear()
        self._wrapped = {}

    def __getitem__(self, player: str) -> DistributedDataParallel:
        return self._wrapped[player]

    @contextmanager
    def reducing(self, players: Sequence[str], synchronize: bool) -> Iterator[Callable[[Callable[[], Any]], Any]]:
        """Inside, ``run(compute)`` computes a loss whose backward reduces these players' gradients.

        Args:
            players: whose parameters the backward reaches.
            synchronize: False for all but the last chunk of an accumulation.
        """
        wrapped = [self._wrapped[name] for name in players if name in self._wrapped]
        with ExitStack() as stack:
            if not synchronize:
                for reducer in wrapped:
                    stack.enter_context(reducer.no_sync())

            def run(compute: Callable[[], Any]) -> Any:
                for reducer in wrapped:
                    compute = _bound(reducer, compute)
                return compute()

            yield run


def _bound(reducer: DistributedDataParallel, compute: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: reducer(compute)


def torchrun_store() -> torch.distributed.Store:
    """The store through which the processes of one torchrun attempt find each other.

    torchrun keeps its store when it starts the processes anew; without a part for each attempt, whoever is early would
    read the addresses of processes that are gone.
    """
    store = next(torch.distributed.rendezvous("env://"))[0]
    return torch.distributed.PrefixStore(f"attempt{os.environ['TORCHELASTIC_RESTART_COUNT']}", store)


class PlayerDDPStrategy(DDPStrategy):
    """Lightning's DDP with one reducer a player; the module must have ``reducers`` and ``player_parameters``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"gradient_as_bucket_view": True, **kwargs})

    def setup_distributed(self) -> None:
        if not torch.distributed.is_initialized():
            atexit.register(_end_group)
        if torch.distributed.is_torchelastic_launched() and not torch.distributed.is_initialized():
            torch.distributed.init_process_group(
                self._get_process_group_backend(),
                store=torchrun_store(),
                rank=int(os.environ["RANK"]),
                world_size=int(os.environ["WORLD_SIZE"]),
            )
        super().setup_distributed()

    def configure_ddp(self) -> None:
        module: Any = self.lightning_module  # the adversarial task, whose module imports this one
        refuse_batch_norm_apart(module.networks, self.world_size)
        torch.distributed.barrier()
        module.reducers.wrap(
            module.player_parameters,
            device_ids=self.determine_ddp_device_ids(),
            **self._ddp_kwargs,
        )
        atexit.register(module.reducers.clear)


def _end_group() -> None:
    """Ends the group's threads, however this process ends.

    They end with the last reference to the group. One that lives on may ask for the interpreter when that is gone,
    which aborts the process (https://github.com/pytorch/pytorch/pull/179291).
    """
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    gc.collect()


def refuse_batch_norm_apart(networks: nn.ModuleDict, ranks: int) -> None:
    """Refuses networks whose batch statistics each rank would take of its own share of the batch.

    Raises:
        UserError: batch normalization in training that is not synchronized, which torch does between GPUs alone.
    """
    for name, module in networks.named_modules():
        batch_norm = isinstance(module, _BatchNorm) and not isinstance(module, nn.SyncBatchNorm)
        if batch_norm and module.training and ranks > 1:
            raise UserError(
                f"networks.{name} is a batch normalization, and its statistics cannot be synchronized between "
                f"{ranks} processes without GPUs; set machine.devices=1 and machine.num_nodes=1, or train on GPUs."
            )


def refuse_unsupported(strategy: Strategy) -> None:
    """Refuses the strategies under which alternating optimizers do not work.

    Raises:
        UserError: FSDP, DeepSpeed, or DDP around the whole module.
    """
    if isinstance(strategy, FSDPStrategy):
        raise UserError("FSDP does not support manual optimization (several optimizers); use machine.strategy=ddp.")
    if isinstance(strategy, DeepSpeedStrategy):
        raise UserError("DeepSpeed takes one optimizer and a GAN has at least two; use machine.strategy=ddp.")
    if isinstance(strategy, DDPStrategy) and not isinstance(strategy, PlayerDDPStrategy):
        raise UserError("DDP around the whole module reduces every gradient twice; use machine.strategy=ddp.")
