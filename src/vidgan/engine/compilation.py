"""Networks compiled with ``torch.compile``."""

import inspect
from collections.abc import Iterable
from contextlib import AbstractContextManager

import torch
from torch import nn

from vidgan.errors import UserError


def compile_networks(networks: nn.ModuleDict, names: Iterable[str]) -> None:
    """Compiles networks, or parts of them (``generator.spynet``).

    Tasks train by methods other than the call: ``stream`` of what has a memory, ``between`` of what sees a window of
    frames, ``forward_with_flow``. So the call and every public method that the class adds to ``nn.Module`` are
    compiled, each when it is first called.

    Raises:
        UserError: there is no part of a name.
    """
    for name in names:
        try:
            network = networks.get_submodule(name)
        except AttributeError as error:
            there = ", ".join(networks)
            raise UserError(f"engine.compile names '{name}', which is no part of the networks ({there}).") from error
        network.compile()
        for method, _ in inspect.getmembers(type(network), inspect.isfunction):
            if not method.startswith("_") and not hasattr(nn.Module, method):
                setattr(network, method, torch.compile(getattr(network, method)))


def uncompiled() -> AbstractContextManager[None]:
    """Inside, compiled networks run as they are written: compiled code has no gradient of a gradient."""
    return torch.compiler.set_stance("force_eager")
