"""Metrics on networks that are published as TorchScript."""

import re
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import SetMetric
from vidgan.metrics.learned import FRAMES_AT_ONCE
from vidgan.weights import verified


class TorchScriptMetric(SetMetric):
    """On a network that is published as TorchScript, which runs without its code.

    TorchScript is a program, which can write files: it is loaded only with the checksum of a file that the user trusts.

    Args:
        weights: the file; the metric is left out where none is given.
        sha256: its checksum, all 64 digits.
        arguments: of the network's call, beside its input.

    Raises:
        UserError: a file is given without its whole checksum.

    Attributes:
        url: where the file is published.
    """

    url: str

    def __init__(
        self, weights: str | Path | None = None, sha256: str = "", arguments: dict[str, Any] | None = None
    ) -> None:
        self.weights = Path(weights) if weights else None
        self.sha256 = sha256
        if weights and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
            raise UserError(
                f"{weights}: is TorchScript, a program that can write files; give the 64 digits of its SHA-256 "
                f"(sha256sum {weights}) as the metric's sha256 if you trust where it comes from."
            )
        self.arguments = arguments or {}

    @property
    def available(self) -> bool:
        """Whether a file is named."""
        return self.weights is not None

    @cached_property
    def network(self) -> torch.jit.ScriptModule:
        """The network.

        Raises:
            UserError: the file is missing, has another checksum or is no TorchScript.
        """
        assert self.weights is not None, "left out without weights"
        path = verified(self.weights, self.sha256, self.url)
        try:
            return torch.jit.load(path, map_location="cpu").eval()
        except RuntimeError as error:
            raise UserError(f"{path} is no TorchScript file; {type(self).__name__} takes {self.url}.") from error

    def applied(self, samples: Tensor) -> Tensor:
        """Outputs (N, D) of frames (N, 3, H, W) or windows (N, 3, T, H, W) in [0, 1], which it is given as 8 bits."""
        network = self.network.to(samples.device)
        with torch.no_grad():
            parts = (samples.clamp(0, 1) * 255).round().byte().split(FRAMES_AT_ONCE)
            return torch.cat([network(part, **self.arguments).flatten(1) for part in parts])
