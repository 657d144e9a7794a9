"""The game that training steps are measured on: our engine under the real Trainer, and the loop written by hand."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from pytorch_lightning.callbacks import Callback
from rich.console import Console
from torch import nn

from benchmarks.duel import Turns
from benchmarks.reduced_bytes import ReducedBytes
from benchmarks.reference.hand_loop import HandLoop, Levers
from vidgan.data.clip import Clip
from vidgan.degradations.resize import Bicubic
from vidgan.discriminators.unet import UNetDiscriminatorSN
from vidgan.engine.adversarial import AdversarialTask, EngineSettings
from vidgan.engine.checkpoints import Checkpoints
from vidgan.engine.hardware import keep_freed_memory
from vidgan.engine.players import Player, Role
from vidgan.engine.progress import IterationBar
from vidgan.engine.terms import Term
from vidgan.experiment.assemble import build_trainer
from vidgan.experiment.schema import MachineConfig
from vidgan.experiment.tracking import CsvTracker
from vidgan.generators.srvgg import SRVGGNetCompact
from vidgan.losses.adversarial import Vanilla
from vidgan.losses.pixel import L1
from vidgan.tasks.super_resolution import SuperResolution


@dataclass(frozen=True)
class Game:
    """Who plays on what: SRVGGNetCompact x4 against a U-Net discriminator with spectral normalization.

    Attributes:
        clips: in a batch, over all ranks; one frame each.
        patch: height and width of real frames in pixels.
        channels, convs: the generator's; 64 and 16 are published.
        judge_channels: the discriminator's; 64 is published.
    """

    clips: int = 2
    patch: int = 64
    channels: int = 64
    convs: int = 16
    judge_channels: int = 64

    def networks(self) -> dict[str, nn.Module]:
        torch.manual_seed(0)
        return {
            "generator": SRVGGNetCompact(4, self.channels, self.convs),
            "discriminator": UNetDiscriminatorSN(self.judge_channels),
        }

    def batch(self, ranks: int = 1) -> Clip:
        """A rank's share of a batch of noise."""
        share = self.clips // ranks
        frames = torch.rand(share, 1, 3, self.patch, self.patch, generator=torch.Generator().manual_seed(0))
        return Clip(frames, ["noise"] * share, torch.zeros(share, dtype=torch.int64))


def hand(turns: Turns, game: Game, levers: Levers) -> dict[str, float]:
    """The loop written by hand."""
    if levers.keep_memory:
        keep_freed_memory()
    loop = HandLoop(**game.networks(), degradation=Bicubic(4), levers=levers)
    for clip in turns.of(game.batch()):
        loop.step(clip)
    return {}


def engine_task(game: Game, iterations: int) -> SuperResolution:
    adam = partial(torch.optim.Adam, lr=1e-4, betas=(0.9, 0.99))
    return SuperResolution(
        degradation=Bicubic(4),
        networks=game.networks(),
        players={
            "generator": Player(Role.GENERATOR, ("generator",), adam),
            "discriminator": Player(Role.DISCRIMINATOR, ("discriminator",), adam),
        },
        terms={"pixel": Term(L1()), "adversarial": Term(Vanilla(), weight=0.1)},
        settings=EngineSettings(iterations),
    )


def engine(turns: Turns, game: Game, precision: str = "auto", ranks: int = 1) -> dict[str, float]:
    """Our engine as ``vidgan-train`` runs it; returns the bytes of gradients it reduces a step."""
    task = engine_task(game, len(turns))
    counter = _Count()
    fit(task, MachineConfig(accelerator="cpu", precision=precision, devices=ranks), [counter], turns.of(game.batch(ranks)))
    return {"bytes": counter.bytes.total / len(turns)}


class _Count(Callback):
    """Counts what every player's reducer reduces."""

    def __init__(self) -> None:
        self.bytes = ReducedBytes()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.world_size > 1:
            for player in pl_module.player_parameters:  # type: ignore[union-attr]
                pl_module.reducers[player].register_comm_hook(None, self.bytes.hook)  # type: ignore[index]


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
            [CsvTracker(folder / "metrics.csv")],
            max_steps=task.settings.iterations,
            max_epochs=-1,
            check_val_every_n_epoch=None,
            limit_val_batches=0,
            default_root_dir=folder,
        )
        trainer.fit(task, data)
