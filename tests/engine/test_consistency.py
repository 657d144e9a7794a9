"""Parts of a game that would be left out of it without a word are refused, by the name of their key."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.engine.toy import ADAM, ToyDiscriminator, ToyGenerator, ToyTask, fit, toy_players, toy_task
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Penalty, Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.errors import UserError
from vidgan.losses.adversarial import LeastSquares
from vidgan.losses.feature_matching import FeatureMatching
from vidgan.losses.penalties import R1
from vidgan.losses.pixel import MSE


def _task(players: dict[str, Player], terms: dict[str, LossTerm]) -> ToyTask:
    networks: dict[str, nn.Module] = {
        "generator": ToyGenerator(),
        "discriminator": ToyDiscriminator(),
        "other": ToyDiscriminator(),
    }
    other = {"other": _player("other")} if not any("other" in player.owns for player in players.values()) else {}
    return ToyTask(
        networks, {**toy_players(), **other, **players}, {"pixel": LossTerm(MSE()), **terms}, EngineSettings(1)
    )


def _player(*owns: str, role: Role = Role.DISCRIMINATOR, **arguments: Any) -> Player:
    return Player(role, owns, ADAM, **arguments)


PENALTIES = {"penalties": {"r1": Penalty(R1(), 1.0)}}


@pytest.mark.parametrize(
    ("players", "terms", "told"),
    [
        ({"discriminator": _player("discriminator", "other")}, {}, r"players\.discriminator\.owns=.* one network"),
        (
            {"head": _player("discriminator.head")},
            {},
            r"players\.head\.owns=\['discriminator\.head'\].* one network",
        ),
        ({"twin": _player("discriminator")}, {}, r"players\.discriminator\.owns and players\.twin\.owns both name"),
        (
            {"generator": _player("generator", role=Role.GENERATOR, **PENALTIES)},
            {},
            r"players\.generator\.penalties is for players of role discriminator",
        ),
        (
            {"generator": _player("generator", role=Role.GENERATOR, balance=0.4)},
            {},
            r"players\.generator\.balance is for players of role discriminator",
        ),
        (
            {},
            {"features": LossTerm(FeatureMatching(), discriminator="othr")},
            r"losses\.features\.discriminator is 'othr'",
        ),
        (
            {},
            {"adversarial": LossTerm(LeastSquares(), discriminator="othr")},
            r"losses\.adversarial\.discriminator is 'othr'",
        ),
        ({}, {"discriminator": LossTerm(LeastSquares())}, r"losses\.discriminator: the log has loss/discriminator"),
        ({}, {"generator": LossTerm(LeastSquares())}, r"losses\.generator: the log has loss/generator"),
        (
            {"discriminator": _player("discriminator", penalties={"balance": Penalty(R1(), 1.0)})},
            {},
            r"players\.discriminator\.penalties\.balance: the log has discriminator/balance",
        ),
    ],
)
def test_what_would_be_left_out_is_refused(players: dict[str, Player], terms: dict[str, LossTerm], told: str) -> None:
    with pytest.raises(UserError, match=told):
        _task(players, terms)


def test_what_fits_is_not_refused() -> None:
    _task({}, {"adversarial": LossTerm(LeastSquares()), "features": LossTerm(FeatureMatching(), discriminator="other")})


def test_a_checkpoint_of_other_networks_is_refused_before_anything_of_it_is_taken(tmp_path: Path) -> None:
    trainer = fit(toy_task(iterations=2), tmp_path)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    changed = toy_task(iterations=4)
    changed.networks["generator"].new = nn.Linear(2, 3)
    before = {key: value.clone() for key, value in changed.networks.state_dict().items()}
    told = r"checkpoint at iteration 2 is of other networks \(.*missing \(networks\.generator\.new\.weight"
    with pytest.raises(UserError, match=told):
        fit(changed, tmp_path, resume=tmp_path / "last.ckpt")
    assert all(torch.equal(before[key], value) for key, value in changed.networks.state_dict().items())
