"""One player's update: optimizer, schedule, clipping, precision and the refusal of steps that are not finite."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from vidgan.engine.players import Player


def build_optimizer(player: Player, parameters: Sequence[nn.Parameter], scaled: bool) -> Optimizer:
    """The player's optimizer, fused where torch has a fused form.

    Args:
        player: whose.
        parameters: what it may change.
        scaled: whether a gradient scaler is at work; fused optimizers unscale inside their step, after the clipping,
            so they are not used then.
    """
    factory = player.optimizer
    target = getattr(factory, "func", factory)
    keywords = getattr(factory, "keywords", {})
    if "fused" in inspect.signature(target).parameters and "fused" not in keywords:
        return factory(parameters, fused=not scaled)
    return factory(parameters)


def gradient_norm(parameters: Sequence[nn.Parameter]) -> Tensor:
    """L2 norm of all gradients together, 0-dimensional; zero where there are none."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return torch.zeros(())
    return torch.nn.utils.get_total_norm(gradients, foreach=True)


def clip_gradients(parameters: Sequence[nn.Parameter], norm: Tensor, limit: float) -> None:
    """Scales the gradients so that their norm is at most ``limit``."""
    torch.nn.utils.clip_grads_with_norm_(parameters, limit, norm, foreach=True)


@contextmanager
def deferred_update(scaler: Any, defer: bool) -> Iterator[None]:
    """Inside, with ``defer``, the gradient scaler keeps its scale.

    Players that share one backward pass must be unscaled by the scale of that pass; Lightning updates the scale after
    every optimizer's step.
    """
    if scaler is None or not defer:
        yield
        return
    scaler.update = lambda: None
    try:
        yield
    finally:
        del scaler.update


def channels_last(network: nn.Module) -> None:
    """Stores the 2-D convolutions' weights channels-last, so that they compute in that layout."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
