"""A trained network, as the use of a task is given it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class Trained:
    """A network to be used.

    Attributes:
        network: in evaluation mode, on the device that computes.
        precision: type of mixed precision; None computes as the parameters are.
        progress: whether a bar shows how far a use is.
        recorded: the configuration of the run as plain values, e.g. ``recorded["data"]["height"]``; empty for weights
            of a file.
    """

    network: nn.Module
    precision: torch.dtype | None = None
    progress: bool = False
    recorded: Mapping[str, Any] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        return next((parameter.device for parameter in self.network.parameters()), torch.device("cpu"))

    def mixed(self) -> AbstractContextManager[Any]:
        """Inside, torch computes in the precision."""
        return nullcontext() if self.precision is None else torch.autocast(self.device.type, self.precision)
