"""Distances that were learned from people's judgements: a published network, and what each of its channels counts."""

import importlib.util
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from vidgan.metrics.base import Mean, PiecewiseMetric
from vidgan.weights import load_weights, verified

FRAMES_AT_ONCE = 8  # bounds the memory of a long clip


class LearnedMetric(PiecewiseMetric):
    """Mean distance of the frames, taken at their own size: from 0 for equal frames to about 1.

    Args:
        backbone: the network as torchvision publishes it; if not given, looked for where torchvision keeps downloads.
        sha256: of that file, or its first digits; empty trusts a given file.
        weights: the channel weights as the authors' package publishes them; torchmetrics' copy if not given.

    Attributes:
        url: where torchvision publishes the network; the file's name ends with the first digits of its SHA-256.
        shipped: torchmetrics' copy of the channel weights, below its ``functional/image``.
        network_class: the distance of images (N, 3, H, W) in [0, 1], one number (N,) a pair; it has a ``backbone`` and
            ``weights``.
    """

    higher_is_better = False
    url: ClassVar[str]
    shipped: ClassVar[str]
    network_class: ClassVar[type[nn.Module]]

    def __init__(self, backbone: str | Path | None = None, sha256: str = "", weights: str | Path | None = None) -> None:
        file = self.url.rpartition("/")[2]
        self.backbone = Path(backbone) if backbone else Path(torch.hub.get_dir()) / "checkpoints" / file
        self.sha256 = sha256 or ("" if backbone else Path(file).stem.rpartition("-")[2])
        self.weights = Path(weights) if weights else _shipped_by_torchmetrics(self.shipped)

    @property
    def available(self) -> bool:
        """Whether both files are there."""
        return self.backbone.is_file() and self.weights.is_file()

    @cached_property
    def network(self) -> nn.Module:
        """The network with its weights.

        Raises:
            UserError: a file is missing, damaged or of another network.
        """
        network = self.network_class()
        load_weights(network.get_submodule("backbone"), verified(self.backbone, self.sha256, self.url))
        load_weights(network.get_submodule("weights"), self.weights)
        return network.eval().requires_grad_(False)

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        network = self.network.to(fake.device)
        parts = zip(fake.float().split(FRAMES_AT_ONCE), real.float().split(FRAMES_AT_ONCE), strict=True)
        with torch.no_grad():
            return Mean.of(torch.cat([network(a, b) for a, b in parts]).tolist())


def _shipped_by_torchmetrics(file: str) -> Path:
    """Found without importing it."""
    spec = importlib.util.find_spec("torchmetrics")
    assert spec is not None, "torchmetrics is a dependency"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "functional" / "image" / file
