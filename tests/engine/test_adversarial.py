"""The adversarial engine against a hand-written loop and hand-computed values."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.loggers import Logger
from pytorch_lightning.plugins.precision import MixedPrecision
from pytorch_lightning.strategies import DDPStrategy
from torch import Tensor, nn

from tests.engine.toy import (
    ADAM,
    ToyDiscriminator,
    ToyGenerator,
    ToyTask,
    clip_of,
    fit,
    toy_players,
    toy_task,
    weights_of,
)
from vidgan.data.clip import Clip
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.ownership import assign_parameters
from vidgan.engine.parallel import refuse_unsupported
from vidgan.engine.players import Penalty, Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import Step
from vidgan.errors import UserError
from vidgan.losses.adversarial import LeastSquares
from vidgan.losses.penalties import R1
from vidgan.losses.pixel import MSE


class Steps(Logger):
    """Remembers the iterations at which rows were logged."""

    name = "steps"
    version = None

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int | None, dict[str, float]]] = []

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.rows.append((step, metrics))

    def log_hyperparams(self, *args: object, **kwargs: object) -> None: ...


def same(first: dict[str, Tensor], second: dict[str, Tensor], prefix: str = "") -> bool:
    return all(torch.equal(value, second[key]) for key, value in first.items() if key.startswith(prefix))


def test_equals_a_hand_written_loop(tmp_path: Path) -> None:
    task = toy_task(5)
    generator, discriminator = (  # the same initial weights
        toy_task().networks["generator"],
        toy_task().networks["discriminator"],
    )
    of_g, of_d = ADAM(generator.parameters()), ADAM(discriminator.parameters())
    for iteration in range(5):
        clip = Clip.collate([clip_of(number) for number in range(4 * iteration, 4 * iteration + 4)])
        fake = generator(clip.frames * 0.5)
        discriminator.requires_grad_(False)
        loss = (fake - clip.frames).square().mean() + 0.1 * LeastSquares().generator(discriminator(fake))
        of_g.zero_grad()
        loss.backward()
        of_g.step()
        discriminator.requires_grad_(True)
        verdict = LeastSquares().discriminator(discriminator(clip.frames), discriminator(fake.detach()))
        of_d.zero_grad()
        verdict.backward()
        of_d.step()
    fit(task, tmp_path)
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        for key, value in network.state_dict().items():  # the same float32 sums, in another order
            torch.testing.assert_close(task.networks[name].state_dict()[key], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_one_count_of_iterations(tmp_path: Path, every: int, accumulate: int) -> None:
    logger = Steps()
    trainer = fit(toy_task(6, toy_players(every=every), accumulate=accumulate), tmp_path, logger=logger)
    assert trainer.global_step == 6
    assert [step for step, _ in logger.rows] == [1, 2, 3, 4, 5, 6]


def test_validation_comes_every_so_many_iterations(tmp_path: Path) -> None:
    logger = Steps()
    fit(toy_task(6, log_every=100), tmp_path, logger=logger, limit_val_batches=None, val_check_interval=2)
    assert [step for step, row in logger.rows if "val/mse" in row] == [2, 4, 6]


def test_chunks_add_up_to_the_batch(tmp_path: Path) -> None:
    whole, chunked = toy_task(3), toy_task(3, accumulate=4)
    fit(whole, tmp_path)
    fit(chunked, tmp_path)
    for key, value in weights_of(whole).items():  # float32 sums of four parts instead of one
        torch.testing.assert_close(weights_of(chunked)[key], value, rtol=1e-5, atol=1e-6)


def test_resumed_equals_uninterrupted_bit_for_bit(tmp_path: Path) -> None:
    def task() -> ToyTask:
        players = {
            name: Player(p.role, p.owns, ADAM, partial(torch.optim.lr_scheduler.StepLR, step_size=2, gamma=0.5))
            for name, p in toy_players().items()
        }
        return toy_task(9, players)

    whole, first, second = task(), task(), task()
    uninterrupted = fit(whole, tmp_path)
    fit(first, tmp_path, max_steps=4).save_checkpoint(tmp_path / "4.ckpt")
    resumed = fit(second, tmp_path, resume=tmp_path / "4.ckpt")
    assert resumed.global_step == 9
    assert same(weights_of(whole), weights_of(second))
    for one, other in zip(uninterrupted.optimizers, resumed.optimizers, strict=True):
        assert one.param_groups[0]["lr"] == other.param_groups[0]["lr"]
        for a, b in zip(one.state.values(), other.state.values(), strict=True):
            assert same(a, b)


def test_average_follows_the_generator_by_hand(tmp_path: Path) -> None:
    seen: list[Tensor] = []
    task = toy_task(3, ema=0.75)
    task.on_train_batch_end = lambda *_: seen.append(task.networks["generator"].conv.weight.detach().clone())
    fit(task, tmp_path)
    expected = 3 / 12 * (2 / 11 * seen[0] + 9 / 11 * seen[1]) + 9 / 12 * seen[2]  # it warms up
    torch.testing.assert_close(task.averages["generator"].module.conv.weight, expected)
    task.eval()
    assert task.network("generator") is task.averages["generator"].module
    assert list(task.averages) == ["generator"]


def test_a_discriminator_that_waits_trains_nobody(tmp_path: Path) -> None:
    task, alone = toy_task(3, toy_players(start=3)), toy_task(3, terms={"pixel": LossTerm(MSE())})
    before = weights_of(task)
    fit(task, tmp_path)
    assert same(before, weights_of(task), "networks.discriminator")
    fit(alone, tmp_path, max_steps=3)
    assert same(weights_of(alone), weights_of(task), "networks.generator")


def test_a_discriminator_that_has_stopped_is_still_heard(tmp_path: Path) -> None:
    """So is one that never moves, which judges as it was loaded."""
    for stop, moved in ((1, 1), (0, 0)):
        logger = Steps()
        task = toy_task(3, toy_players(stop=stop))
        fit(task, tmp_path, logger=logger)
        assert task.moves["discriminator"].steps == moved
        assert ["loss/adversarial" in row for _, row in logger.rows] == [True, True, True]


def test_players_move_in_their_intervals(tmp_path: Path) -> None:
    players = {
        "weight": Player(Role.GENERATOR, ("generator",), ADAM, stop=2),
        "bias": Player(Role.GENERATOR, ("generator.conv.bias",), ADAM, start=2),
        "discriminator": toy_players()["discriminator"],
    }
    first, second = toy_task(2, players), toy_task(4, players)
    before = weights_of(first)
    fit(first, tmp_path)
    after = weights_of(first)
    assert same(before, after, "networks.generator.conv.bias")
    assert not same(before, after, "networks.generator.conv.weight")
    fit(second, tmp_path)
    assert same(after, weights_of(second), "networks.generator.conv.weight")
    assert not same(after, weights_of(second), "networks.generator.conv.bias")


def test_every_parameter_has_one_owner() -> None:
    networks = nn.ModuleDict({"generator": nn.Linear(2, 2), "other": nn.Linear(2, 2)})
    with pytest.raises(UserError, match=r"other\.weight"):
        assign_parameters(networks, {"g": Player(Role.GENERATOR, ("generator",), ADAM)})
    networks["other"].weight.requires_grad_(False)
    owned = {"g": ("generator", "other"), "h": ("other.weight",)}
    with pytest.raises(UserError, match=r"players\.h has nothing to train: all of other\.weight is kept frozen"):
        assign_parameters(networks, {name: Player(Role.GENERATOR, owns, ADAM) for name, owns in owned.items()})
    with pytest.raises(UserError, match=r"players\.g\.owns: 'genrator'"):
        assign_parameters(networks, {"g": Player(Role.GENERATOR, ("generator", "other", "genrator"), ADAM)})


def test_what_a_network_keeps_frozen_stays_as_it_is(tmp_path: Path) -> None:
    frozen = toy_task()
    frozen.networks["generator"].conv.weight.requires_grad_(False)
    task = ToyTask(frozen.networks, toy_players(), frozen.terms, EngineSettings(3))
    before = weights_of(task)
    fit(task, tmp_path)
    assert same(before, weights_of(task), "networks.generator.conv.weight")
    assert not same(before, weights_of(task), "networks.generator.conv.bias")


def test_lazy_penalty_keeps_its_mean(tmp_path: Path) -> None:
    logger = Steps()
    penalties = {"r1": Penalty(R1(), weight=0.5, every=2)}
    fit(toy_task(4, toy_players(penalties=penalties)), tmp_path, logger=logger)
    assert ["discriminator/r1" in row for _, row in logger.rows] == [True, False, True, False]


def test_gate_stops_a_discriminator_that_wins(tmp_path: Path) -> None:
    closed, opened = toy_task(3, toy_players(balance=-1.0)), toy_task(3, toy_players(balance=1.0))
    before = weights_of(closed)
    fit(closed, tmp_path)
    fit(opened, tmp_path)
    assert same(before, weights_of(closed), "networks.discriminator")
    assert not same(before, weights_of(opened), "networks.discriminator")


@pytest.mark.parametrize("limit", [1e-3, 1e3])
def test_clipping_acts_on_true_gradients_under_a_scaler(tmp_path: Path, limit: float) -> None:
    def displacement(scaled: bool, clip: float | None) -> float:
        players = {
            "generator": Player(Role.GENERATOR, ("generator",), partial(torch.optim.SGD, lr=1.0), clip=clip),
            "discriminator": toy_players()["discriminator"],
        }
        task = toy_task(1, players)
        before = weights_of(task)
        plugin = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=2.0**14))
        fit(task, tmp_path, plugins=[plugin] if scaled else None)
        after = weights_of(task)
        moved = [after[key] - before[key] for key in after if key.startswith("networks.generator")]
        return float(torch.cat([part.flatten() for part in moved]).norm())

    true = displacement(scaled=False, clip=None)
    assert 1e-3 < true < 1e3
    # Gradients in float16 are rounded to 11 bits, 0.05 % each, and so are the activations that they are made of.
    assert displacement(scaled=True, clip=limit) == pytest.approx(min(true, limit), rel=5e-3)


def poisoned(iterations: int, **settings: int) -> ToyTask:
    """A task whose targets are not finite in iteration 1."""
    task = toy_task(iterations, **settings)
    target = task.target
    task.target = lambda clip: target(clip) * (float("nan") if task.iteration == 1 else 1.0)
    return task


def test_updates_that_are_not_finite_are_skipped_then_refused(tmp_path: Path) -> None:
    one, two = toy_task(1), poisoned(2)
    fit(one, tmp_path)
    fit(two, tmp_path)
    assert two.nonfinite.total == 2  # the generator's and the discriminator's
    assert same(weights_of(one), weights_of(two), "networks.")
    with pytest.raises(
        UserError, match=r"Training diverged: 1 updates in a row .* \(player 'generator', iteration 1\)"
    ):
        fit(poisoned(2, give_up_after=1), tmp_path)


def test_compiled_networks_keep_their_keys() -> None:
    assert toy_task(compile=("generator",)).state_dict().keys() == toy_task().state_dict().keys()


def test_a_loss_that_asks_for_the_unknown_is_named(tmp_path: Path) -> None:
    class Strange(nn.Module):
        def forward(self, depth: Tensor) -> Tensor:
            return depth

    task = toy_task(terms={"strange": LossTerm(Strange(), start=1)})
    with pytest.raises(UserError, match=r"losses\.strange asks for depth, and there is only clip, condition, "):
        fit(task, tmp_path)
    assert task.iteration == 0, "though it would count from the second iteration on"


def test_whole_module_ddp_is_refused() -> None:
    with pytest.raises(UserError, match=r"use machine\.strategy=ddp"):
        refuse_unsupported(DDPStrategy())


class OfBrightness(ToyDiscriminator):
    def forward(self, frames: Tensor, return_features: bool = False) -> Any:
        return super().forward(frames.mean(2, keepdim=True).expand_as(frames), return_features)


def test_several_discriminators_and_an_auxiliary_player(tmp_path: Path) -> None:
    class Bright(ToyTask):
        """The auxiliary network learns the brightness that the second discriminator judges."""

        def auxiliary(self, player: str, step: Step) -> Tensor:
            return (self.networks["meter"](step.real) - step.real.mean()).square().mean()

    toy = toy_task()
    players = {
        **toy_players(),
        "second": Player(Role.DISCRIMINATOR, ("second",), ADAM),
        "meter": Player(Role.AUXILIARY, ("meter",), ADAM),
    }
    terms = {**toy.terms, "brightness": LossTerm(LeastSquares(), weight=0.1, discriminator="second")}
    networks = {**toy.networks, "second": OfBrightness(), "meter": ToyGenerator()}
    task = Bright(networks, players, terms, EngineSettings(3, log_every=1), seed=7)
    before, logger = weights_of(task), Steps()
    fit(task, tmp_path, logger=logger)
    after = weights_of(task)
    for name in networks:
        assert not same(before, after, f"networks.{name}")
    assert {"loss/second", "loss/meter", "second/accuracy_fake", "loss/brightness"} <= logger.rows[-1][1].keys()


def test_a_loss_is_given_what_it_names(tmp_path: Path) -> None:
    seen: dict[str, tuple[int, ...]] = {}

    class Curious(nn.Module):
        def forward(self, condition: Tensor, fake_features: list[Tensor], real_logits: Tensor) -> Tensor:
            assert fake_features[0].requires_grad
            assert not real_logits.requires_grad
            seen.update(condition=condition.shape, features=fake_features[0].shape, logits=real_logits.shape)
            return fake_features[0].mean()

    terms = {"curious": LossTerm(Curious()), "adversarial": LossTerm(LeastSquares())}
    fit(toy_task(1, terms=terms), tmp_path)
    assert seen == {"condition": (4, 2, 3, 8, 8), "features": (8, 4, 6, 6), "logits": (8, 1)}


def test_players_of_one_backward_pass_share_its_scale(tmp_path: Path) -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=1)  # the scale changes at every update
    players = {
        "weight": Player(Role.GENERATOR, ("generator",), partial(torch.optim.SGD, lr=1.0)),
        "bias": Player(Role.GENERATOR, ("generator.conv.bias",), partial(torch.optim.SGD, lr=1.0)),
        "discriminator": toy_players()["discriminator"],
    }
    plain, scaled = toy_task(1, players), toy_task(1, players)
    fit(plain, tmp_path)
    fit(scaled, tmp_path, plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
    bias = "networks.generator.conv.bias"
    # Float16 has 11 bits, 0.05 % of a value.
    torch.testing.assert_close(weights_of(scaled)[bias], weights_of(plain)[bias], rtol=1e-3, atol=1e-4)
    assert scaler.get_scale() == 2.0**12  # one update for the generator's side, one for the discriminator


def test_a_schedule_goes_with_its_players_interval(tmp_path: Path) -> None:
    halving = partial(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)
    steps, players = Steps(), toy_players(start=2, stop=4, every=2, schedule=halving)
    fit(toy_task(5, players), tmp_path, logger=steps)
    # A row has the rate of its step: that of the third, the first of the interval, is not halved yet.
    assert [row["lr/discriminator"] for _, row in steps.rows] == [0.01, 0.01, 0.01, 0.005, 0.0025]


def test_without_a_loss_the_generators_side_waits(tmp_path: Path) -> None:
    task = toy_task(3, terms={"late": LossTerm(MSE(), start=2), "never": LossTerm(LeastSquares(), weight=0.0)})
    before = weights_of(task)
    fit(task, tmp_path, max_steps=2)
    assert same(before, weights_of(task), "networks.generator")
    assert not same(before, weights_of(task), "networks.discriminator")
    task = toy_task(3, terms={"late": LossTerm(MSE(), start=2)})
    fit(task, tmp_path)
    assert task.moves["generator"].steps == 1
