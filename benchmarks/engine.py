"""Our side of a training step: the engine under the real Trainer."""

import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from pytorch_lightning.callbacks import Callback
from rich.console import Console

from benchmarks.gan_setup import Game
from benchmarks.interleaved import Turns
from benchmarks.reduced_bytes import ReducedBytes
from vidgan.config.schema import MachineConfig
from vidgan.degradations.bicubic import Bicubic
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.checkpoints import Checkpoints
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player, Role
from vidgan.engine.progress import IterationBar
from vidgan.engine.settings import EngineSettings
from vidgan.experiment.build import build_trainer
from vidgan.losses.adversarial import Vanilla
from vidgan.losses.pixel import L1
from vidgan.tasks.super_resolution.task import SuperResolution
from vidgan.tracking.csv_logger import CsvLogger


def engine_task(game: Game, iterations: int) -> SuperResolution:
    adam = partial(torch.optim.Adam, lr=1e-4, betas=(0.9, 0.99))
    return SuperResolution(
        degradation=Bicubic(4),
        networks=game.networks(),
        players={
            "generator": Player(Role.GENERATOR, ["generator"], adam),
            "discriminator": Player(Role.DISCRIMINATOR, ["discriminator"], adam),
        },
        terms={"pixel": LossTerm(L1()), "adversarial": LossTerm(Vanilla(), weight=0.1)},
        settings=EngineSettings(iterations),
    )


def engine(turns: Turns, game: Game, precision: str = "auto", ranks: int = 1) -> dict[str, float]:
    """Our engine as ``vidgan-train`` runs it; returns the bytes of gradients it reduces a step."""
    task = engine_task(game, len(turns))
    counter = _Count()
    machine = MachineConfig(accelerator="cpu", precision=precision, devices=ranks)
    fit(task, machine, [counter], turns.of(game.batch(ranks)))
    return {"bytes": counter.bytes.total / len(turns)}


class _Count(Callback):
    """Counts what every player's reducer reduces."""

    def __init__(self) -> None:
        self.bytes = ReducedBytes()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, AdversarialTask)
        if trainer.world_size > 1:
            for player in pl_module.player_parameters:
                pl_module.reducers[player].register_comm_hook(None, self.bytes.hook)


def fit(task: AdversarialTask, machine: MachineConfig, callbacks: Sequence[Callback], data: Any) -> None:
    """Trains as :mod:`vidgan.experiment.training` does, without validation, for the task's iterations.

    With its checkpoint callback, its CSV log and its progress bar, which is drawn, but not shown.
    """
    with tempfile.TemporaryDirectory() as name, Path(os.devnull).open("w") as nowhere:
        folder = Path(name)
        bar = IterationBar(console=Console(file=nowhere, force_terminal=True))
        trainer = build_trainer(
            OmegaConf.structured(machine),
            [Checkpoints(folder, every=task.settings.iterations), bar, *callbacks],
            [CsvLogger(folder / "metrics.csv")],
            max_steps=task.settings.iterations,
            max_epochs=-1,
            check_val_every_n_epoch=None,
            limit_val_batches=0,
            default_root_dir=folder,
        )
        trainer.fit(task, data)
