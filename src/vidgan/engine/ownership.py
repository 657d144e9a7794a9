"""Which player trains which parameter."""

from collections.abc import Mapping

from torch import nn

from vidgan.engine.players import Player
from vidgan.errors import UserError


def assign_parameters(networks: nn.ModuleDict, players: Mapping[str, Player]) -> dict[str, list[nn.Parameter]]:
    """Gives every parameter to the player with the longest matching prefix, but those that a network keeps frozen.

    Raises:
        UserError: a prefix matches nothing, a trainable parameter has no owner, or a player owns none.
    """
    owners = {prefix: name for name, player in players.items() for prefix in player.owns}
    assigned: dict[str, list[nn.Parameter]] = {name: [] for name in players}
    matched = set()
    for key, parameter in networks.named_parameters():
        prefixes = [prefix for prefix in owners if key == prefix or key.startswith(prefix + ".")]
        if prefixes:
            longest = max(prefixes, key=len)
            matched.add(longest)
            if parameter.requires_grad:
                assigned[owners[longest]].append(parameter)
        elif parameter.requires_grad:
            raise UserError(
                f"No player owns the parameter '{key}'; name its network in players.<name>.owns "
                f"(owned now: {', '.join(owners) or 'nothing'})."
            )
    for prefix, name in owners.items():
        if prefix not in matched:
            raise UserError(
                f"players.{name}.owns: '{prefix}' matches no parameter; networks are {', '.join(networks)}."
            )
    for name, parameters in assigned.items():
        if not parameters:
            raise UserError(
                f"players.{name} has nothing to train: all of {', '.join(players[name].owns)} is kept frozen by its "
                "network or owned by other players; remove the player."
            )
    return assigned
