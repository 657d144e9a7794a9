"""A generator that names a quantity of its own, and one part of each kind that asks for it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tests.engine.toy import ToyDiscriminator, ToyTask
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput, Step
from vidgan.metrics.base import Metric
from vidgan.tasks.super_resolution.task import SuperResolution


def spent(fake: Tensor) -> Tensor:
    """(B, T) "bits": the mean brightness of each frame, times eight."""
    return 8 * fake.flatten(2).mean(2)


class Rate(nn.Module):
    def forward(self, bits: Tensor) -> Tensor:
        return bits.mean()


class Bits(Metric):
    higher_is_better = False

    def __call__(self, bits: Tensor) -> float:
        return float(bits.sum())


class Doubtful(ToyDiscriminator):
    """Is told what the frames cost, where it is known, and the clip's hue, where it has one."""

    def forward(self, frames: Tensor, bits: Tensor, hue: Tensor | None = None, return_features: bool = False) -> Any:
        assert bits.shape == frames.shape[:2]
        assert hue is None
        return super().forward(frames * torch.sigmoid(bits)[..., None, None, None], return_features)


class OnBits:
    """A penalty."""

    def __call__(self, discriminator: Callable[[Tensor], Tensor], fake: Tensor, bits: Tensor) -> Tensor:
        return discriminator(fake).square().mean() + bits.square().mean()


class Coding(ToyTask):
    """Brightens clips and says how many bits it spends; a second player owns the quantiles of its entropy model."""

    def generate(self, condition: Tensor) -> GeneratorOutput:
        fake = self.network("generator")(condition)
        return GeneratorOutput(fake, bits=spent(fake))

    def baselines(self) -> dict[str, Baseline]:
        def frugal(real: Tensor) -> GeneratorOutput:
            return GeneratorOutput(real, bits=torch.zeros(real.shape[:2]))

        return {"copy": lambda real: real, "frugal": frugal, "as much": lambda fake, bits: fake + 0 * bits.sum()}

    def auxiliary(self, player: str, step: Step) -> Tensor:
        """The pinball loss of the median of what frames cost (Koenker and Bassett 1978)."""
        error = step.namespace["bits"] - self.networks["entropy"].quantiles
        return torch.maximum(0.5 * error, -0.5 * error).mean()


class Entropy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.quantiles = nn.Parameter(torch.zeros(1))


class CodingVideo(SuperResolution):
    """Super-resolution that says what it spends, clip by clip and piece by piece."""

    def generate(self, condition: Tensor) -> GeneratorOutput:
        fake = self.generator(condition)
        return GeneratorOutput(fake, bits=spent(fake), total=spent(fake).sum(1))

    def made(self, condition: Any, new: slice, memory: Any) -> GeneratorOutput:
        return self.generate(condition[:, new])


class Deep(CodingVideo):
    """One of its baselines asks for what nothing has."""

    def baselines(self) -> dict[str, Baseline]:
        return {**super().baselines(), "bicubic": lambda depth: depth}
