"""A trained network, as the use of a task is given it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Trained:
    """A network to be used.

    Attributes:
        network: in evaluation mode, on the device that computes.
        precision: type of mixed precision; None computes as the parameters are.
        progress: whether a bar shows how far a use is.
        recorded: the configuration of the run as plain values, e.g. ``recorded["data"]["height"]``; empty for weights
            of a file.
        altered: of a key of that which names a file or a folder, e.g. ``data.root``, says in words whether it is gone
            or no more what the run was trained on; empty where all is as it was, or nothing is known.
        knowledge: what the data that trained it knows beside, of :meth:`vidgan.data.datamodule.DataModule.knowledge`.
    """

    network: nn.Module
    precision: torch.dtype | None = None
    progress: bool = False
    recorded: Mapping[str, Any] = field(default_factory=dict)
    altered: Callable[[str], str] = field(default=lambda key: "")
    knowledge: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        return next((parameter.device for parameter in self.network.parameters()), torch.device("cpu"))

    def mixed(self) -> AbstractContextManager[Any]:
        """Inside, torch computes in the precision."""
        return nullcontext() if self.precision is None else torch.autocast(self.device.type, self.precision)
