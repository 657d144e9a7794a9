"""What preflight refuses, and that its costs are the ones computed by hand."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from omegaconf import DictConfig

from vidgan.engine.players import Player, Role
from vidgan.errors import UserError
from vidgan.experiment.build import build_task
from vidgan.experiment.contradictions import contradictions
from vidgan.experiment.preflight import Preflight, optimizer_states

Compose = Callable[..., DictConfig]
SMALL = ["data.patch=32", "data.frames=2", "data.batch_size=4", "networks.discriminator.layers=1"]


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["data.patch=50"], "data.patch=50 is not a multiple of the scale, 4"),
        (["data.batch_size=3", "machine.devices=2"], "data.batch_size=3 is the batch of all devices together"),
        (["data.batch_size=4", "machine.devices=2", "engine.accumulate=4"], "engine.accumulate=4 does not divide"),
        (
            ["engine.iterations=100", "players.discriminator.start=100"],
            "players.discriminator.start=100 is not before the end, engine.iterations=100",
        ),
        (["losses.pixel.start=9", "losses.pixel.stop=9"], "losses.pixel.stop=9 is not after its start, 9"),
        (["engine.compile=[genrator]"], "engine.compile names 'genrator'"),
        (["+warm_start.genrator=a.pth"], "warm_start names 'genrator'"),
        (["players.generator.owns=[genrator]"], "genrator"),
        (["players.generator.optimizer.lr=-1"], "players.generator.optimizer.lr=-1: expected a number, 0 or more."),
        (["losses.adversarial.discriminator=face"], "losses.adversarial.discriminator is 'face'"),
        (["data=folder", "data.root=nowhere"], "nowhere"),
        (["+warm_start.generator=missing.pth"], "missing.pth"),
        (["machine.precision=fp16"], "machine.precision"),
        (["machine.strategy=fsdp"], "machine.strategy"),
        (["machine.n_jobs=0"], "machine.n_jobs"),
        (["networks.generator.scale=2"], "networks.generator.scale"),
        (["networks.discriminator.layers=4"], "networks.discriminator fails given a clip of (2, 3, 32, 32)"),
        (
            ["losses@losses.warping=warping"],
            "losses.warping asks for flow, and there is only clip, condition, fake, real, seeds; remove",
        ),
    ],
)
def test_a_contradiction_is_refused_by_its_key(composed: Compose, overrides: list[str], sentence: str) -> None:
    overrides = [f"+{item}" if "@" in item else item for item in overrides]
    with pytest.raises(UserError) as told:
        Preflight().examine(composed(*SMALL, *overrides))
    assert sentence in str(told.value)


def test_a_player_may_stay_as_it_was_loaded(composed: Compose) -> None:
    assert list(contradictions(composed(*SMALL, "players.generator.stop=0"))) == []


def test_costs_are_those_computed_by_hand(composed: Compose) -> None:
    config = composed(*SMALL, "networks.discriminator.channels=4")
    cost = Preflight().examine(config)
    task = build_task(config)
    for name, network in task.networks.items():
        assert cost.parameters[name] == sum(p.numel() for p in network.parameters())
    # PatchGAN with one layer: 4x4 convolutions 3 -> 4 (16 x 16 outputs), 4 -> 8 (15 x 15), 8 -> 1 (14 x 14).
    frame = 16 * (16**2 * 3 * 4 + 15**2 * 4 * 8 + 14**2 * 8)
    assert cost.multiply_adds["discriminator"] == 2 * frame
    total = sum(cost.parameters.values())
    fixed = 4 * (2 * total + cost.parameters["generator"] + 2 * total)  # gradients, average, Adam's two moments
    twice = Preflight().examine(composed(*SMALL, "networks.discriminator.channels=4", "data.batch_size=8"))
    assert twice.memory - cost.memory == pytest.approx(cost.memory - fixed, rel=1e-3)


def test_points_that_differ_in_seeds_and_rates_are_built_once(composed: Compose) -> None:
    preflight = Preflight()
    for overrides in ([], ["seed=1"], ["losses.pixel.weight=3"], ["players.generator.optimizer.lr=1"]):
        preflight.examine(composed(*SMALL, *overrides))
    assert len(preflight._trials) == 1
    preflight.examine(composed(*SMALL, "networks.discriminator.channels=4"))
    assert len(preflight._trials) == 2


@pytest.mark.parametrize(
    ("optimizer", "states"),
    [
        (torch.optim.SGD, 0),
        (partial(torch.optim.SGD, momentum=0.9), 1),
        (torch.optim.Adam, 2),
        (partial(torch.optim.Adam, amsgrad=True), 3),
    ],
)
def test_an_optimizers_states_are_counted(optimizer: Callable[..., torch.optim.Optimizer], states: int) -> None:
    assert optimizer_states(Player(Role.GENERATOR, ("generator",), optimizer), "generator", 100) == pytest.approx(
        states, abs=1e-3
    )
