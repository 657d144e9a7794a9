"""A GAN small enough to compute by hand: a generator and a discriminator of a few weights, data made by a formula."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import GeneratorOutput
from vidgan.losses.adversarial import LeastSquares
from vidgan.losses.pixel import MSE
from vidgan.metrics.base import Metric
from vidgan.protocols.protocol import Protocol
from vidgan.randomness import mix, uniform


class ToyGenerator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, frames: Tensor) -> Tensor:
        return self.conv(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])


class ToyDiscriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 1)

    def forward(self, frames: Tensor, return_features: bool = False) -> Any:
        features = torch.tanh(self.conv(frames.flatten(0, 1)))
        logits = self.head(features.mean((2, 3)))
        return (logits, [features]) if return_features else logits


class ToyTask(AdversarialTask):
    """Brightens half-bright clips."""

    def condition(self, clip: Clip) -> Tensor:
        return clip.frames * 0.5

    def generate(self, condition: Tensor) -> GeneratorOutput:
        return GeneratorOutput(self.network("generator")(condition))


def clip_of(number: int) -> Clip:
    """The clip of global sample ``number``."""
    seed = torch.tensor([mix("toy", number)])
    return Clip(uniform(seed, "frames", 2, 3, 8, 8), [f"toy/{number}"], seed)


class ToyStream(IterableDataset):
    def __init__(self, start: int, iterations: int, batch: int, rank: int, world: int) -> None:
        self.numbers = (start, iterations, batch, rank, world)

    def __len__(self) -> int:
        return self.numbers[1] - self.numbers[0]

    def __iter__(self) -> Iterator[Clip]:
        start, iterations, batch, rank, world = self.numbers
        share = batch // world
        for iteration in range(start, iterations):
            first = iteration * batch + rank * share
            yield Clip.collate([clip_of(number) for number in range(first, first + share)])


class ToyData(pl.LightningDataModule):
    def __init__(self, batch: int = 4) -> None:
        super().__init__()
        self.batch = batch

    def train_dataloader(self) -> DataLoader:
        trainer = self.trainer
        stream = ToyStream(trainer.global_step, trainer.max_steps, self.batch, trainer.global_rank, trainer.world_size)
        return DataLoader(stream, batch_size=None)

    def val_dataloader(self) -> DataLoader:
        return DataLoader([clip_of(-1), clip_of(-2)], batch_size=None)

    test_dataloader = val_dataloader


class Error(Metric):
    higher_is_better = False

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        return float((fake - real).square().mean())


ADAM = partial(torch.optim.Adam, lr=1e-2)


def toy_players(**of_discriminator: Any) -> dict[str, Player]:
    return {
        "generator": Player(Role.GENERATOR, ("generator",), ADAM),
        "discriminator": Player(Role.DISCRIMINATOR, ("discriminator",), ADAM, **of_discriminator),
    }


def toy_task(
    iterations: int = 6,
    players: dict[str, Player] | None = None,
    terms: dict[str, LossTerm] | None = None,
    **settings: Any,
) -> ToyTask:
    torch.manual_seed(0)
    task = ToyTask(
        networks={"generator": ToyGenerator(), "discriminator": ToyDiscriminator()},
        players=players or toy_players(),
        terms=terms or {"pixel": LossTerm(MSE()), "adversarial": LossTerm(LeastSquares(), weight=0.1)},
        settings=EngineSettings(iterations, **{"ema": 0.9, "log_every": 1, **settings}),
        seed=7,
    )
    task.protocol = Protocol("toy", "nobody", {"mse": Error()}, quantize=False)
    return task


def fit(task: AdversarialTask, folder: Path, resume: Path | None = None, **trainer: Any) -> pl.Trainer:
    """Fits with the trainer's arguments that the platform uses."""
    options = {"accelerator": "cpu", "devices": 1, "logger": False, "limit_val_batches": 0, **trainer}
    data = options.pop("data", None) or ToyData()
    fitted = pl.Trainer(
        default_root_dir=folder,
        max_steps=options.pop("max_steps", task.settings.iterations),
        max_epochs=-1,
        check_val_every_n_epoch=None,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        **options,
    )
    fitted.fit(task, datamodule=data, ckpt_path=resume, weights_only=True)
    return fitted


def weights_of(task: AdversarialTask) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in task.state_dict().items()}
