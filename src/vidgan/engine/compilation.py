"""Networks compiled with ``torch.compile``."""

import inspect
from contextlib import AbstractContextManager

import torch
from torch import nn


def compile_network(network: nn.Module) -> None:
    """Compiles the network's call and every public method that its class adds to ``nn.Module``.

    Tasks train by methods other than the call: ``stream`` of what has a memory, ``between`` of what sees a window of
    frames, ``forward_with_flow``. Nothing is compiled before it is called: a method that is never called costs nothing.
    """
    network.compile()
    for name, _ in inspect.getmembers(type(network), inspect.isfunction):
        if not name.startswith("_") and not hasattr(nn.Module, name):
            setattr(network, name, torch.compile(getattr(network, name)))


def uncompiled() -> AbstractContextManager[None]:
    """Inside, compiled networks run as they are written: compiled code has no gradient of a gradient."""
    return torch.compiler.set_stance("force_eager")
