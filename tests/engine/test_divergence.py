"""What is not finite is counted, refused in the end, and never passes for a finished training."""

import math
from pathlib import Path

import pytest
import torch
from pytorch_lightning.plugins.precision import MixedPrecision
from torch import Tensor, nn

from tests.engine.test_adversarial import Steps
from tests.engine.toy import ToyDiscriminator, ToyGenerator, ToyTask, fit, toy_players, toy_task, weights_of
from vidgan.data.clip import Clip
from vidgan.engine.diagnosis import idle_players, refuse_divergence
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.score_rows import MODEL
from vidgan.engine.settings import EngineSettings
from vidgan.errors import UserError
from vidgan.losses.adversarial import LeastSquares
from vidgan.losses.pixel import MSE


class Cusp(nn.Module):
    """0, with a gradient that is not a number: the root's slope at 0, infinite, times 0."""

    def forward(self, fake: Tensor) -> Tensor:
        return (fake - fake.detach()).square().sqrt().mean()


def half(scale: float = 2.0**16) -> MixedPrecision:
    return MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=scale))


def broken(iterations: int, **settings: int) -> ToyTask:
    """A generator whose losses are finite and whose gradients never are."""
    terms = {"cusp": LossTerm(Cusp()), "adversarial": LossTerm(LeastSquares(), weight=0.1)}
    return toy_task(iterations, terms=terms, **settings)


@pytest.mark.parametrize("scaled", [False, True], ids=["32-true", "16-mixed"])
def test_gradients_that_are_not_finite_are_counted_and_refused(tmp_path: Path, scaled: bool) -> None:
    task, steps = broken(3), Steps()
    before = weights_of(task)
    fit(task, tmp_path, logger=steps, plugins=[half()] if scaled else None)
    assert all(
        torch.equal(before[key], value) for key, value in weights_of(task).items() if "networks.generator" in key
    )
    assert task.nonfinite.refused == {"generator": 3}
    assert [row["skipped_updates"] for _, row in steps.rows] == [1, 2, 3]
    assert {name: move.steps for name, move in task.moves.items()} == {"generator": 0, "discriminator": 3}
    with pytest.raises(UserError, match=r"Training diverged: 2 updates in a row .*'generator', iteration 1"):
        fit(broken(3, give_up_after=2), tmp_path, plugins=[half()] if scaled else None)


def test_an_overflow_that_the_scaler_mends_is_no_divergence(tmp_path: Path) -> None:
    plugin = half(scale=2.0**30)  # halved until half precision (at most 65504) holds the gradients
    task = toy_task(30, give_up_after=25)
    fit(task, tmp_path, plugins=[plugin])
    refused = task.nonfinite.refused["generator"]
    assert 1 < refused < 15
    assert task.moves["generator"].steps == 30 - refused
    assert plugin.scaler.get_scale() == 2.0 ** (30 - task.nonfinite.total)  # halved once an overflow
    refuse_divergence(task)


def poisoned(iterations: int, bad: tuple[int, ...], **settings: int) -> ToyTask:
    """A task whose targets are not numbers in some iterations."""
    task = toy_task(iterations, **settings)
    target = task.target
    task.target = lambda clip: target(clip) * (math.nan if task.iteration in bad else 1.0)
    return task


class Normalized(ToyGenerator):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, frames: Tensor) -> Tensor:
        return self.norm(super().forward(frames).flatten(0, 1)).unflatten(0, frames.shape[:2])


class Interrupted(ToyTask):
    """One batch is not a number."""

    broken = 0

    def condition(self, clip: Clip) -> Tensor:
        return super().condition(clip) * (math.nan if self.training and self.iteration == self.broken else 1)


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_running_statistics_do_not_remember_a_batch_that_was_left_out(tmp_path: Path, broken: int) -> None:
    task = Interrupted(
        {"generator": Normalized(), "discriminator": ToyDiscriminator()},
        toy_players(),
        {"pixel": LossTerm(MSE()), "adversarial": LossTerm(LeastSquares(), weight=0.1)},
        EngineSettings(3),
    )
    task.broken = broken
    fit(task, tmp_path)
    assert task.nonfinite.refused == {"generator": 1, "discriminator": 1}
    assert task.networks["generator"].norm.num_batches_tracked == 2
    assert all(value.isfinite().all() for value in task.state_dict().values())


def test_in_a_row_means_in_a_row(tmp_path: Path) -> None:
    task = poisoned(8, (0, 1, 3, 4, 6), give_up_after=3)
    fit(task, tmp_path)
    assert task.nonfinite.refused == {"generator": 5, "discriminator": 5}
    with pytest.raises(UserError, match="3 updates in a row"):
        fit(poisoned(8, (0, 1, 3, 4, 5), give_up_after=3), tmp_path)


def test_the_count_goes_on_after_a_resume(tmp_path: Path) -> None:
    fit(poisoned(6, (2, 3)), tmp_path, max_steps=4).save_checkpoint(tmp_path / "4.ckpt")
    resumed = poisoned(6, (4,))
    fit(resumed, tmp_path, resume=tmp_path / "4.ckpt")
    assert resumed.nonfinite.refused == {"generator": 3, "discriminator": 3}
    assert resumed.moves["generator"].steps == 3
    with pytest.raises(UserError, match=r"3 updates in a row .*iteration 4"):
        fit(poisoned(6, (4,), give_up_after=3), tmp_path, resume=tmp_path / "4.ckpt")


def test_a_training_that_left_out_most_of_its_updates_is_refused(tmp_path: Path) -> None:
    task = poisoned(4, (1, 2))
    fit(task, tmp_path)
    refuse_divergence(task)  # half of them
    task = poisoned(4, (1, 2, 3))
    fit(task, tmp_path)
    with pytest.raises(UserError, match=r"3 of 4 updates of player 'generator' .*lower players\.generator\.optimizer"):
        refuse_divergence(task)


@pytest.mark.parametrize(
    ("scores", "diverged"),
    [
        ({"psnr": math.nan}, True),
        ({"psnr": math.nan, "ssim": math.nan, "tof": 1.0}, True),
        ({"psnr": 20.0, "pck": math.nan}, False),
        ({"psnr": math.inf}, False),
        ({}, False),
    ],
)
def test_scores_that_are_mostly_not_numbers_are_refused(scores: dict[str, float], diverged: bool) -> None:
    task = toy_task()
    task.scores = {MODEL: scores, "bicubic": {"psnr": 20.0}}
    if not diverged:
        refuse_divergence(task)
        return
    with pytest.raises(UserError, match=r"Training diverged: psnr.* not numbers; lower players\.generator\.optimizer"):
        refuse_divergence(task)


def test_a_player_that_never_moved_is_told(tmp_path: Path) -> None:
    def told(**of_discriminator: float) -> list[str]:
        task = toy_task(
            2, toy_players(**of_discriminator), {"pixel": LossTerm(MSE()), "adversarial": LossTerm(LeastSquares())}
        )
        fit(task, tmp_path)
        return list(idle_players(task))

    assert told() == []
    assert told(stop=0) == [], "one that is to stay as it was loaded"
    assert ["'discriminator' never moved in 2 iterations: its gate" in line for line in told(balance=-1.0)] == [True]
    assert ["'discriminator' never moved in 2 iterations: see" in line for line in told(start=5)] == [True]
