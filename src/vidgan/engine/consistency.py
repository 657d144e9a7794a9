"""Whether networks, players and losses make one game, and a checkpoint one with them.

What does not would be left out of the game without a word.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from torch import nn

from vidgan.engine.judgement import askers
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import Step
from vidgan.errors import UserError
from vidgan.weights import misfit

#: What the log has of a discriminator's player beside its penalties.
_LOGGED = ("accuracy_fake", "accuracy_real", "balance", "loss_ratio")


def refuse_inconsistent(
    networks: Collection[str], players: Mapping[str, Player], terms: Mapping[str, LossTerm]
) -> None:
    """
    Raises:
        UserError: a part of the game could never count, or two parts are logged under one name.
    """
    for problem in (*_of_owners(networks, players), *_of_judges(networks, terms), *_of_names(players, terms)):
        raise UserError(problem)


def refuse_unfed(
    networks: nn.ModuleDict, players: Mapping[str, Player], terms: Mapping[str, LossTerm], step: Step
) -> None:
    """
    Raises:
        UserError: a loss, a discriminator or a penalty asks for what the step does not have, now or whenever it counts.
    """
    for key, asked in askers(networks, players, terms):
        asked.refuse_absent(step.namespace, key)


def refuse_unaveraged(terms: Mapping[str, LossTerm], settings: EngineSettings) -> None:
    """
    Raises:
        UserError: a loss asks for what a moving average makes, and there is none, or none that carries a memory.
    """
    for name, term in terms.items():
        if "averaged" not in term.asked:
            continue
        if settings.ema is None:
            raise UserError(f"losses.{name} asks for what the moving average makes; set engine.ema, e.g. to 0.999.")
        if settings.tbptt is not None:
            raise UserError(
                f"losses.{name} asks for what the moving average makes, which carries no memory from segment to "
                "segment; set engine.tbptt=null."
            )


def refuse_other_networks(checkpoint: Mapping[str, Any], task: nn.Module) -> None:
    """
    Raises:
        UserError: the checkpoint has other weights than the task: code that counts was changed since it was written.
    """
    if problems := misfit(task, checkpoint["state_dict"]):
        raise UserError(
            f"The checkpoint at iteration {checkpoint['global_step']} is of other networks ({problems}): their code "
            "has changed since. Put it back to go on, or train anew with fresh=true."
        )


def _of_owners(networks: Collection[str], players: Mapping[str, Player]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, player in players.items():
        for prefix in player.owns:
            if prefix in owners:
                yield f"players.{owners[prefix]}.owns and players.{name}.owns both name '{prefix}'; one can own it."
            owners[prefix] = name
        if player.role == Role.DISCRIMINATOR and (len(player.owns) != 1 or player.owns[0] not in networks):
            yield (
                f"players.{name}.owns={list(player.owns)}: a player of role discriminator owns one network as a whole "
                f"({', '.join(networks)}); give each discriminator a player of its own."
            )
        if player.role != Role.DISCRIMINATOR and (player.penalties or player.balance is not None):
            key = "penalties" if player.penalties else "balance"
            yield f"players.{name}.{key} is for players of role discriminator, and this is {player.role}; remove it."


def _of_judges(networks: Collection[str], terms: Mapping[str, LossTerm]) -> Iterator[str]:
    for name, term in terms.items():
        if term.judged and term.discriminator not in networks:
            yield (
                f"losses.{name}.discriminator is '{term.discriminator}', which is not in networks "
                f"({', '.join(networks)})."
            )


def _of_names(players: Mapping[str, Player], terms: Mapping[str, LossTerm]) -> Iterator[str]:
    taken = {"generator", *(name for name, player in players.items() if player.role != Role.GENERATOR)}
    for name in terms:
        if name in taken:
            yield f"losses.{name}: the log has loss/{name} for a whole player's loss; give the term another name."
    for name, player in players.items():
        for key in player.penalties:
            if key in _LOGGED:
                yield f"players.{name}.penalties.{key}: the log has {name}/{key} for something else; name it otherwise."
