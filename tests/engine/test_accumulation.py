"""One step of all players, whatever the number of chunks that a batch is cut into."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor, nn

from tests.engine.test_adversarial import Steps
from tests.engine.test_truncation import stepped
from tests.engine.toy import ToyTask, clip_of, fit, toy_players, toy_task, weights_of
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.monitoring import DiscriminatorGate
from vidgan.engine.players import Penalty, Player
from vidgan.losses.adversarial import Hinge, LeastSquares, RelativisticAverage, Vanilla, Wasserstein
from vidgan.losses.penalties import R1, GradientPenalty
from vidgan.losses.pixel import MSE

#: Sums over the batch in another order: of a few hundred float32 terms, each update of Adam as large as the rate, 0.01.
SAME = {"rtol": 1e-4, "atol": 1e-5}


def terms(loss: nn.Module) -> dict[str, LossTerm]:
    return {"pixel": LossTerm(MSE()), "adversarial": LossTerm(loss, weight=0.1)}


class NoGradients(Callback):
    """No parameter keeps a gradient from one iteration to the next."""

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any) -> None:
        assert all(parameter.grad is None for parameter in pl_module.parameters())


def played(folder: Path, loss: nn.Module, accumulate: int, limit: float) -> tuple[ToyTask, list[dict[str, float]]]:
    penalties = {"r1": Penalty(R1(), 0.5, every=2), "slope": Penalty(GradientPenalty(), 0.1, every=3)}
    players = toy_players(every=2, start=1, balance=limit, penalties=penalties)
    task, steps = toy_task(9, players, terms(loss), accumulate=accumulate), Steps()
    fit(task, folder, logger=steps, callbacks=[NoGradients()])
    return task, [row for _, row in steps.rows]


EXACT = [Vanilla(), LeastSquares(), Hinge(), Wasserstein()]


@pytest.mark.parametrize("loss", EXACT, ids=lambda loss: type(loss).__name__)
def test_a_step_does_not_depend_on_the_chunks(tmp_path: Path, loss: nn.Module) -> None:
    gates = [row["discriminator/balance"] for row in played(tmp_path, loss, 1, limit=1.0)[1]]
    limit = (gates[3] + gates[5]) / 2  # between two turns of the discriminator, so that it closes
    whole, rows = played(tmp_path, loss, 1, limit)
    assert 0 < whole.moves["discriminator"].steps < 4
    for accumulate in (2, 4):
        chunked, others = played(tmp_path, loss, accumulate, limit)
        assert chunked.moves["discriminator"].steps == whole.moves["discriminator"].steps
        for row, other in zip(rows, others, strict=True):
            assert other == pytest.approx(row, rel=1e-3, abs=1e-5)
        for key, value in weights_of(whole).items():
            torch.testing.assert_close(weights_of(chunked)[key], value, **SAME)


@pytest.mark.parametrize("accumulate", [1, 2, 4])
def test_relativistic_averages_are_those_of_a_chunk(tmp_path: Path, accumulate: int) -> None:
    loss = RelativisticAverage()
    generator, discriminator = (toy_task().networks[name] for name in ("generator", "discriminator"))
    clips = [clip_of(number).frames for number in range(4)]
    chunks = [torch.cat(clips[start : start + 4 // accumulate]) for start in range(0, 4, 4 // accumulate)]
    made = [generator(chunk * 0.5) for chunk in chunks]
    of_generator = [
        (fake - real).square().mean() + 0.1 * loss.generator(discriminator(real), discriminator(fake))
        for fake, real in zip(made, chunks, strict=True)
    ]
    of_discriminator = [
        loss.discriminator(discriminator(real), discriminator(fake.detach()))
        for fake, real in zip(made, chunks, strict=True)
    ]
    players = {
        name: Player(player.role, player.owns, partial(torch.optim.SGD, lr=1.0))
        for name, player in toy_players().items()
    }
    task = toy_task(1, players, terms(loss), accumulate=accumulate)
    before = weights_of(task)
    fit(task, tmp_path)
    after = weights_of(task)
    for name, network, losses in (
        ("generator", generator, of_generator),
        ("discriminator", discriminator, of_discriminator),
    ):
        gradients = torch.autograd.grad(sum(losses) / accumulate, list(network.parameters()))
        for (key, _), gradient in zip(network.named_parameters(), gradients, strict=True):
            key = f"networks.{name}.{key}"
            torch.testing.assert_close(before[key] - after[key], gradient, **SAME)


def test_the_gate_takes_in_a_clip_once_whatever_its_segments(tmp_path: Path) -> None:
    def gate(tbptt: int | None) -> float:
        task, _ = stepped(tmp_path, of_discriminator={"balance": 1.0}, tbptt=tbptt)
        return task.moves["discriminator"].state_dict()["balance"]

    assert gate(None) != 0
    assert [gate(1), gate(3)] == pytest.approx([gate(None)] * 2, rel=1e-4)  # a mean over 6 frames, regrouped


def test_the_gate_averages_by_hand() -> None:
    gate = DiscriminatorGate(0.5, decay=0.75)
    even, certain = torch.zeros(2, 1), torch.full((2, 1), 50.0)  # their sigmoids are 1/2, and 1
    assert gate.update([(certain, -certain)])  # a lead of 1
    assert gate.value == pytest.approx(0.25)
    assert gate.update([(certain, even), (even, even)])  # a lead of (1/2 + 0) / 2
    assert gate.value == pytest.approx(0.75 * 0.25 + 0.25 * 0.25)
    gate.update([(torch.full((2, 1), torch.nan), even)])
    assert gate.value == pytest.approx(0.25), "what is not a number does not count"
    assert gate.update([(certain, -certain)])
    assert not gate.update([(certain, -certain)])  # 0.25, 0.4375, 0.578
    assert gate.value == pytest.approx(1 - 0.75**3)


class One:
    """A penalty of 1, whatever the discriminator."""

    def __call__(self, discriminator: Any, real: Tensor, fake: Tensor, seeds: Tensor) -> Tensor:
        return 0 * discriminator(real).mean() + 1


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize(("every", "start", "lazy"), [(1, 0, 2), (2, 1, 2), (2, 0, 3), (3, 2, 2)])
def test_the_mean_weight_of_a_lazy_penalty_is_the_asked_one(
    tmp_path: Path, every: int, start: int, lazy: int, accumulate: int
) -> None:
    def losses(penalties: dict[str, Penalty]) -> list[float]:
        players = toy_players(every=every, start=start, penalties=penalties)
        task, steps = toy_task(start + 6 * every, players, accumulate=accumulate), Steps()
        fit(task, tmp_path, logger=steps)
        moved = {number: row["loss/discriminator"] for number, row in steps.rows if "loss/discriminator" in row}
        assert list(moved) == [start + 1 + every * turn for turn in range(6)]  # rows count what is done
        return list(moved.values())

    penalized, plain = losses({"one": Penalty(One(), 0.5, lazy)}), losses({})
    added = [one - other for one, other in zip(penalized, plain, strict=True)]
    assert added == pytest.approx(([0.5 * lazy] + [0.0] * (lazy - 1)) * (6 // lazy), abs=1e-6)  # float32 near 1


def test_lazy_penalties_and_the_gate_go_on_after_a_resume(tmp_path: Path) -> None:
    def task() -> ToyTask:
        return toy_task(7, toy_players(balance=1.0, penalties={"r1": Penalty(R1(), 0.5, every=3)}))

    whole, first, second = task(), task(), task()
    expected, actual = Steps(), Steps()
    fit(whole, tmp_path, logger=expected)
    fit(first, tmp_path, max_steps=4).save_checkpoint(tmp_path / "4.ckpt")
    fit(second, tmp_path, resume=tmp_path / "4.ckpt", logger=actual)
    assert actual.rows == expected.rows[4:]
    assert second.moves["discriminator"].steps == 7
