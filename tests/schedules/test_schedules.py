"""Rates by hand, by torch's own schedules and by BasicSR's definition; a resume goes on with the same rates."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, MultiStepLR, OneCycleLR

from tests.engine.test_adversarial import Steps
from tests.engine.toy import ADAM, fit, toy_players, toy_task, weights_of
from vidgan.config.instantiate import build
from vidgan.engine.players import Player, Role
from vidgan.errors import UserError
from vidgan.experiment.build import check
from vidgan.experiment.preflight import optimizer_states
from vidgan.schedules.cosine_restarts import CosineRestarts
from vidgan.schedules.warm_up import WarmUp

Schedule = Callable[[torch.optim.Optimizer], LRScheduler]
COSINE = partial(CosineAnnealingLR, T_max=20, eta_min=0.1)


def rates(schedule: Schedule, steps: int, rate: float = 1.0) -> list[float]:
    """Those of ``steps`` steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduled, found = schedule(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduled.step()
    return found


def test_a_warm_up_by_hand() -> None:
    assert rates(partial(WarmUp, iterations=4), 6, 0.8) == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
    steps = partial(MultiStepLR, milestones=[3, 5], gamma=0.5)
    assert rates(partial(WarmUp, iterations=4, schedule=steps), 6) == pytest.approx([0.25, 0.5, 0.75, 0.5, 0.5, 0.25])
    assert rates(partial(WarmUp, iterations=0), 2) == [1, 1]


@pytest.mark.parametrize(
    "schedule",
    [
        COSINE,  # computes each rate from the one before
        partial(MultiStepLR, milestones=[3, 9], gamma=0.1),
        partial(OneCycleLR, max_lr=2.0, total_steps=20, cycle_momentum=False),
        partial(CosineRestarts, periods=[5, 15], weights=[1, 0.5]),
    ],
)
def test_after_a_warm_up_any_schedule_goes_on_as_without(schedule: Schedule) -> None:
    plain, warmed = rates(schedule, 20), rates(partial(WarmUp, iterations=8, schedule=schedule), 20)
    assert warmed == pytest.approx([min(1, (i + 1) / 8) * rate for i, rate in enumerate(plain)], rel=1e-12)


def test_restarts_of_equal_weight_are_cosines_one_after_the_other() -> None:
    """A period of n has n + 1 rates where it is the first, from the highest to the lowest; each other one has n."""
    half, found = rates(COSINE, 21), rates(partial(CosineRestarts, periods=[20, 20], eta_min=0.1), 45)
    assert found[:21] == pytest.approx(half)
    assert found[21:41] == pytest.approx(half[1:])
    assert found[41:] == pytest.approx([0.1] * 4), "it stays"


@pytest.mark.parametrize("weight", [1, 0.5])
def test_restarts_in_periods_of_their_own_by_hand(weight: float) -> None:
    """The periods of BasicSR's EDVR, a ten-thousandth as long; it restarts with the full rate."""
    edvr = partial(CosineRestarts, periods=[5, 10, 15, 15, 15], weights=[1, *[weight] * 4], eta_min=1e-7)
    found = rates(edvr, 61, 4e-4)
    assert found[0] == 4e-4
    assert [found[end] for end in (5, 15, 30, 45, 60)] == pytest.approx([1e-7] * 5)
    assert found[10] == pytest.approx(1e-7 + weight * (4e-4 - 1e-7) * 0.5)
    assert found[6] == pytest.approx(1e-7 + weight * (4e-4 - 1e-7) * (1 + math.cos(math.pi / 10)) / 2)


@pytest.mark.parametrize(
    "schedule",
    [
        partial(WarmUp, iterations=5, schedule=partial(CosineAnnealingLR, T_max=8, eta_min=1e-4)),
        partial(WarmUp, iterations=2),
        partial(CosineRestarts, periods=[3, 5], weights=[1, 0.5]),
    ],
)
@pytest.mark.parametrize("broken_off", [2, 4])
def test_a_resume_goes_on_with_the_same_rates_and_weights(tmp_path: Path, schedule: Schedule, broken_off: int) -> None:
    def task() -> Any:
        player = Player(Role.GENERATOR, ("generator",), ADAM, schedule)
        return toy_task(8, {**toy_players(), "generator": player})

    def rate(logger: Steps) -> list[float]:
        return [row["lr/generator"] for _, row in logger.rows]

    whole, second, all_rates, rest = task(), task(), Steps(), Steps()
    fit(whole, tmp_path, logger=all_rates)
    trainer: pl.Trainer = fit(task(), tmp_path, max_steps=broken_off)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    fit(second, tmp_path, resume=tmp_path / "last.ckpt", logger=rest)
    assert rate(rest) == rate(all_rates)[broken_off:]
    assert len({*rate(all_rates)}) > 1
    expected = weights_of(whole)
    assert all(torch.equal(value, expected[key]) for key, value in weights_of(second).items())


def test_what_cannot_be_is_told() -> None:
    for periods, weights, told in (
        ([], None, r"periods is \[\]; at least one is needed"),
        ([3, 0], None, "of 1 step or more"),
        ([3, 4], [1], "2 periods and 1 weights"),
    ):
        with pytest.raises(ValueError, match=told):
            rates(partial(CosineRestarts, periods=periods, weights=weights), 1)
    with pytest.raises(ValueError, match="iterations is -1; it must be 0 or more"):
        rates(partial(WarmUp, iterations=-1), 1)


def test_a_schedule_that_ends_before_the_training_is_told_also_when_warmed_up() -> None:
    cycle = partial(OneCycleLR, max_lr=1.0, total_steps=5)
    player = Player(Role.GENERATOR, ["generator"], ADAM, partial(WarmUp, iterations=2, schedule=cycle))
    optimizer_states(player, "generator", 5)
    with pytest.raises(UserError, match=r"players\.generator\.schedule ends after 5 steps and the player is active"):
        optimizer_states(player, "generator", 6)


@pytest.mark.parametrize("name", ["cosine", "cosine_restarts", "multi_step"])
def test_any_recipe_takes_any_schedule(composed: Callable[..., DictConfig], name: str) -> None:
    chosen = (
        "engine.iterations=100",
        "schedules@players.generator.schedule=warm_up",
        f"+schedules@players.generator.schedule.schedule={name}",
        f"+schedules@players.discriminator.schedule={name}",
    )
    config = composed(*chosen)
    check(config)
    for player, warmed in (("generator", True), ("discriminator", False)):
        found = rates(build(config.players[player].schedule, "schedule"), 100)
        assert (found[0] < found[4]) == warmed
        assert found[4] > found[99] > 0
