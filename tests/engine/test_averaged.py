"""A loss that asks for ``averaged`` is given what the moving average of the weights makes."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from tests.engine.test_truncation import Echo, EchoTask
from tests.engine.toy import ADAM, fit, toy_task
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.errors import UserError
from vidgan.experiment.preflight import Preflight
from vidgan.losses.pixel import MSE


class Watched(nn.Module):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[Tensor, Tensor, Tensor]] = []

    def forward(self, condition: Tensor, fake: Tensor, averaged: Tensor) -> Tensor:
        self.given.append((condition.clone(), fake.detach().clone(), averaged))
        return (fake - averaged).square().mean()


@pytest.mark.parametrize("start", [0, 3])
def test_a_loss_is_given_what_the_moving_average_makes(tmp_path: Path, start: int) -> None:
    watched = Watched()
    terms = {"pixel": LossTerm(MSE()), "watched": LossTerm(watched, start=start)}
    task = toy_task(5, terms=terms, ema=0.5)
    averages = []

    def keep(*_: object) -> None:
        averages.append({key: value.clone() for key, value in task.average("generator").state_dict().items()})

    task.on_train_batch_start = keep
    fit(task, tmp_path)
    assert len(watched.given) == 5 - start
    differing = 0
    for (condition, fake, averaged), weights in zip(watched.given, averages[start:], strict=True):
        expected = torch.func.functional_call(task.average("generator"), weights, condition)
        torch.testing.assert_close(averaged, expected, rtol=0, atol=1e-6)  # one convolution or another
        assert not averaged.requires_grad
        differing += not torch.allclose(fake, averaged, atol=1e-4)
    assert differing >= 2, "after two steps they begin to differ"


def test_without_an_average_it_is_told() -> None:
    terms = {"watched": LossTerm(Watched())}
    with pytest.raises(UserError, match=r"losses\.watched asks for what the moving average makes; set engine\.ema"):
        toy_task(terms=terms, ema=None)


def test_a_memory_of_the_average_is_not_carried() -> None:
    with pytest.raises(UserError, match=r"losses\.watched asks for .* set engine\.tbptt=null"):
        EchoTask(
            networks={"generator": Echo()},
            players={"generator": Player(Role.GENERATOR, ("generator",), ADAM)},
            terms={"watched": LossTerm(Watched())},
            settings=EngineSettings(iterations=1, ema=0.9, tbptt=1),
        )


def test_a_sweep_is_checked_with_it(composed: Callable[..., DictConfig]) -> None:
    small = ("data.patch=32", "data.frames=2", "data.batch_size=1", "networks.discriminator.layers=1")
    Preflight().examine(composed("+losses@losses.ldl=ldl", *small))
    with pytest.raises(UserError, match=r"losses\.ldl asks for what the moving average makes; set engine\.ema"):
        Preflight().examine(composed("+losses@losses.ldl=ldl", "engine.ema=null", *small))
