"""One namespace: what a generator names reaches losses, metrics, discriminators, penalties and baselines by name."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from tests.engine.bits import Bits, Coding, Doubtful, Entropy, OnBits, Rate, spent
from tests.engine.test_adversarial import Steps
from tests.engine.toy import ADAM, Error, clip_of, fit, toy_players, toy_task
from vidgan.config.instantiate import ALLOWED_VARIABLE
from vidgan.data.clip import Clip, Piece
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.ownership import assign_parameters
from vidgan.engine.players import Penalty, Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import GeneratorOutput, Step
from vidgan.errors import UserError
from vidgan.experiment.preflight import Preflight
from vidgan.losses.adversarial import LeastSquares
from vidgan.namespace import Asked, asked_by
from vidgan.protocols.protocol import Protocol

SMALL = ["data.patch=32", "data.frames=2", "data.batch_size=1", "networks.discriminator.layers=1"]


def coding(iterations: int = 2, terms: dict[str, LossTerm] | None = None, **networks: nn.Module) -> Coding:
    toy = toy_task()
    players = {
        **toy_players(penalties={"on_bits": Penalty(OnBits(), 0.1)}),
        "quantiles": Player(Role.AUXILIARY, ["entropy.quantiles"], partial(torch.optim.SGD, lr=0.5)),
    }
    task = Coding(
        {**toy.networks, "discriminator": Doubtful(), "entropy": Entropy(), **networks},
        players,
        terms or {"rate": LossTerm(Rate()), "adversarial": LossTerm(LeastSquares(), 0.1)},
        EngineSettings(iterations, ema=None, log_every=1),
    )
    task.protocol = Protocol("toy", "nobody", {"bits": Bits(), "mse": Error()}, quantize=False)
    return task


def test_what_a_function_asks_for() -> None:
    def function(a: int, b: int = 0, *rest: int, c: int, d: int = 0, **more: int) -> None: ...

    assert asked_by(function) == Asked(("a", "c"), ("b", "d"))
    assert asked_by(partial(function, 1, d=2)) == Asked(("c",), ("b", "d"))
    assert asked_by(Rate) == asked_by(Rate()) == asked_by(Rate().forward) == Asked(("bits",))
    assert asked_by(OnBits) == asked_by(OnBits()) == Asked(("discriminator", "fake", "bits"))
    assert asked_by(function).of({"a": 1, "c": 2, "d": 3, "e": 4}, "it") == {"a": 1, "c": 2, "d": 3}
    with pytest.raises(UserError, match=r"^it asks for c, and there is only a, b; remove it"):
        asked_by(function).of({"b": 1, "a": 2}, "it")


def test_a_step_is_a_namespace() -> None:
    clip = Clip(torch.rand(1, 2, 3, 8, 8), ["a"], torch.tensor([5]))
    clip.conditions = {"hue": torch.zeros(1), "low": torch.zeros(1, 2), "mask": torch.ones(1, 2, 1, 8, 8)}
    output = GeneratorOutput(clip.frames.clone().requires_grad_(), flow=None, bits=[clip.frames[0, 0, 0, 0] + 0])
    step = Step(clip, {"low": torch.ones(1, 2)}, clip.frames, output)
    assert set(step.namespace) == {"clip", "condition", "real", "fake", "seeds", "mask", "hue", "low", "bits"}
    assert step.namespace["low"].sum() == 2, "the condition's before the clip's"
    assert not step.detach().namespace["fake"].requires_grad
    with pytest.raises(UserError, match="The generator's output has real, a name that is taken"):
        GeneratorOutput(clip.frames, real=clip.frames)


def test_each_kind_of_part_is_given_what_the_generator_names(tmp_path: Path) -> None:
    task, logger = coding(3), Steps()
    fit(task, tmp_path, logger=logger)
    row = logger.rows[-1][1]
    assert {"loss/rate", "loss/adversarial", "discriminator/on_bits", "loss/quantiles"} <= row.keys()
    rates = [row["loss/rate"] for _, row in logger.rows]
    assert rates[0] > rates[-1], "it spends less from step to step"
    assert task.networks["entropy"].quantiles.item() != 0


def test_metrics_score_what_was_named_and_leave_out_methods_that_have_none() -> None:
    task = coding().eval()
    with torch.no_grad():
        task.test_step(clip_of(-1), 0)
        made = task.generate(task.condition(clip_of(-1))).fake
    scores = {row["method"]: row["bits"] for row in task.rows}
    assert scores["model"] == pytest.approx(float(spent(made).sum()))
    assert scores["frugal"] == 0
    assert math.isnan(scores["copy"])
    assert math.isnan(scores["as much"])
    assert all(math.isfinite(row["mse"]) for row in task.rows)


def test_pieces_are_joined_frame_by_frame() -> None:
    task = coding().eval()
    task.protocol = Protocol("toy", "nobody", {"bits": Bits()}, crop=1)
    whole = Clip(torch.rand(1, 4, 3, 8, 8), ["a"], torch.tensor([5]))
    with torch.no_grad():
        task.validation_step(whole, 0)
        for first in (0, 2):
            piece = whole.between(first, first + 2)
            piece.piece = Piece(first, first, first + 2, 4)
            task.validation_step(piece, 0)
    one, other = (row["bits"] for row in task.rows)
    assert other == pytest.approx(one, rel=1e-6)  # the same float32 numbers, added in the same order


def test_a_quantity_of_the_whole_clip_is_refused_in_pieces() -> None:
    task = coding().eval()
    task.generate = lambda condition: GeneratorOutput(condition, bits=torch.zeros(1))
    whole = Clip(torch.rand(1, 4, 3, 8, 8), ["a"], torch.tensor([5]))
    task.validation_step(whole, 0)
    whole.piece = Piece(0, 0, 4, 8)
    with pytest.raises(
        UserError, match=r"asks for bits, which the generator makes with the shape \(1,\), and clips are"
    ):
        task.validation_step(whole, 0)


@pytest.mark.parametrize("iterations", [0, 5])
def test_all_that_ever_counts_is_asked_about_before_the_first_update(tmp_path: Path, iterations: int) -> None:
    class Depth(nn.Module):
        def forward(self, depth: Tensor) -> Tensor:
            return depth.mean()

    task = coding(9, {"depth": LossTerm(Depth(), start=iterations)})
    before = {key: value.clone() for key, value in task.state_dict().items()}
    with pytest.raises(UserError, match=r"losses\.depth asks for depth, and there is only bits, clip, condition, fake"):
        fit(task, tmp_path)
    assert all(torch.equal(value, before[key]) for key, value in task.state_dict().items())


def part(name: str) -> dict[str, str]:
    return {"_target_": f"tests.engine.bits.{name}"}


#: Where something that asks for what is not there is put, what, and how it is told.
LACKING: dict[str, tuple[str, Any, str]] = {
    "loss": (
        "losses",
        {"rate": {"loss": part("Rate"), "start": 99}},
        "losses.rate asks for bits, and there is only clip",
    ),
    "metric": ("protocol.metrics.bits", part("Bits"), "protocol default: the metric bits asks for bits, and there is"),
    "penalty": (
        "players.discriminator.penalties",
        {"spent": {"penalty": part("OnBits")}},
        "players.discriminator.penalties.spent asks for bits, and there is only clip",
    ),
    "discriminator": ("networks.discriminator", part("Doubtful"), "networks.discriminator asks for bits, and there is"),
    "baseline": ("task", part("Deep"), "The baseline bicubic asks for depth, and there is only averaged, bits"),
}


def changed(config: DictConfig, *kinds: str) -> DictConfig:
    for key, node, _ in (LACKING[kind] for kind in kinds):
        typed = key.startswith(("losses", "players"))
        OmegaConf.update(config, key, node, merge=typed, force_add=True)
    return config


@pytest.mark.parametrize("kind", LACKING)
def test_what_is_not_there_is_refused_by_name_before_training(
    composed: Callable[..., DictConfig], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv(ALLOWED_VARIABLE, "tests.engine.bits")
    with pytest.raises(UserError, match=f"^{LACKING[kind][2]}"):
        Preflight().examine(changed(composed(*SMALL), kind))


def test_what_the_generator_names_passes_preflight(
    composed: Callable[..., DictConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOWED_VARIABLE, "tests.engine.bits")
    config = changed(composed(*SMALL), "loss", "metric", "penalty", "discriminator")
    config.task = part("CodingVideo")
    Preflight().examine(config)


def test_one_network_may_have_two_players() -> None:
    networks = nn.ModuleDict({"generator": nn.ModuleDict({"entropy": Entropy(), "body": nn.Linear(1, 1)})})
    players = {
        "generator": Player(Role.GENERATOR, ["generator"], ADAM),
        "quantiles": Player(Role.AUXILIARY, ["generator.entropy.quantiles"], ADAM),
    }
    owned: dict[str, Any] = assign_parameters(networks, players)
    assert [len(parameters) for parameters in owned.values()] == [2, 1]
