"""What discriminators think of a step, and what losses and penalties make of it; each is given what it names."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from vidgan.engine.loss_terms import OF_DISCRIMINATOR, LossTerm
from vidgan.engine.players import Penalty, Player, Role
from vidgan.engine.step import DiscriminatorOutput, Step
from vidgan.namespace import Asked, asked_by

_FEATURES = "return_features"  # a discriminator's parameter that the engine itself gives


@cache
def _asked_beside_frames(forward: Callable[..., Any]) -> Asked:
    """What a discriminator asks for beside the frames, which are its first parameter."""
    asked = asked_by(partial(forward, None))
    return asked.beside(*asked.needed[:1], _FEATURES)


def _beside(network: nn.Module, name: str, step: Step) -> dict[str, Any]:
    return _asked_beside_frames(type(network).forward).of(step.namespace, f"networks.{name}")


def judged(network: nn.Module, name: str, side: str, step: Step) -> DiscriminatorOutput:
    """What a discriminator thinks of one side of a step, asked once; of the real side it carries no gradient.

    Args:
        network: the discriminator.
        name: its name among the networks.
        side: ``real`` or ``fake``.
        step: where it is kept.

    Raises:
        UserError: the discriminator asks for what is not there.
    """
    key = (name, side)
    if key not in step.judged:
        beside = _beside(network, name, step)
        with torch.set_grad_enabled(torch.is_grad_enabled() and side == "fake"):
            step.judged[key] = DiscriminatorOutput(*network(step.namespace[side], **beside, **{_FEATURES: True}))
    return step.judged[key]


def logits(network: nn.Module, name: str, step: Step) -> tuple[Tensor, Tensor]:
    """A discriminator's logits of the real and of the fake side of a step; arguments as of :func:`judged`."""
    beside = _beside(network, name, step)
    return network(step.real, **beside), network(step.fake, **beside)


def evaluate(term: LossTerm, networks: nn.ModuleDict, step: Step) -> Tensor:
    """The unweighted value of a loss term, 0-dimensional.

    Args:
        term: which.
        networks: by name.
        step: what it is given.

    Raises:
        UserError: the loss or its discriminator asks for what is not there.
    """
    asked, name = term.asked, term.discriminator
    thought = {
        quantity: getattr(judged(networks[name], name, side, step), part)
        for quantity, (side, part) in OF_DISCRIMINATOR.items()
        if quantity in asked and name in networks
    }
    return term.function(**asked.of({**step.namespace, **thought}, type(term.loss).__name__))


def penalize(network: nn.Module, name: str, penalty: Penalty, step: Step) -> Tensor:
    """The unweighted value of a discriminator's penalty, 0-dimensional; arguments as of :func:`judged`."""
    beside = _beside(network, name, step)
    namespace = {**step.namespace, "discriminator": lambda frames: network(frames, **beside)}
    value: Tensor = penalty.penalty(**asked_by(penalty.penalty).of(namespace, type(penalty.penalty).__name__))
    return value


def askers(
    networks: nn.ModuleDict, players: Mapping[str, Player], terms: Mapping[str, LossTerm]
) -> Iterator[tuple[str, Asked]]:
    """All that is fed from a step, by its key of the configuration, and what it asks for there."""
    for name, term in terms.items():
        yield f"losses.{name}", term.asked.beside(*OF_DISCRIMINATOR)
        if term.adversarial:
            yield f"losses.{name}", term.asked_to_judge.beside("real_logits", "fake_logits")
    for name, player in players.items():
        if player.role == Role.DISCRIMINATOR:
            yield f"networks.{player.judge}", _asked_beside_frames(type(networks[player.judge]).forward)
            for key, penalty in player.penalties.items():
                yield f"players.{name}.penalties.{key}", asked_by(penalty.penalty).beside("discriminator")
