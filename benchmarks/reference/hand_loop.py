"""The yardstick: adversarial training as one writes it by hand, without Lightning and without our engine."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from benchmarks.gan_setup import Game
from benchmarks.interleaved import Turns
from vidgan.data.clip import Clip
from vidgan.degradations.base import Degradation
from vidgan.degradations.bicubic import Bicubic
from vidgan.engine.hardware import keep_freed_memory


@dataclass(frozen=True)
class Levers:
    """What makes a step faster on a CPU, by itself or together with the others.

    Attributes:
        bf16: autocast to bfloat16.
        channels_last: networks stored channels-last.
        fused: the fused form of Adam.
        keep_memory: glibc's thresholds raised, see :func:`vidgan.engine.hardware.keep_freed_memory`.
    """

    bf16: bool = False
    channels_last: bool = False
    fused: bool = False
    keep_memory: bool = False


class HandLoop:
    """L1 + 0.1 GAN (cross entropy), Adam, a moving average of the generator; one step a call."""

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, degradation: Degradation, levers: Levers
    ) -> None:
        if levers.channels_last:
            generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
            discriminator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
        fused = True if levers.fused else None
        self.generator, self.discriminator, self.degradation = generator, discriminator, degradation
        self.of_generator = torch.optim.Adam(generator.parameters(), 1e-4, (0.9, 0.99), fused=fused)
        self.of_discriminator = torch.optim.Adam(discriminator.parameters(), 1e-4, (0.9, 0.99), fused=fused)
        self.average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(0.999))
        self.bf16 = levers.bf16

    def step(self, clip: Clip) -> None:
        real = clip.frames
        with torch.no_grad():
            low = self.degradation(real, clip.seeds)
        fake = self._generator_step(low, real)
        self._discriminator_step(real, fake)
        self.average.update_parameters(self.generator)

    def _mixed(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bf16)

    def _generator_step(self, low: Tensor, real: Tensor) -> Tensor:
        self.discriminator.requires_grad_(False)
        with self._mixed():
            fake: Tensor = self.generator(low)
            logits = self.discriminator(fake)
            loss = F.l1_loss(fake, real) + 0.1 * F.softplus(-logits).mean()
        self.of_generator.zero_grad()
        loss.backward()
        self.of_generator.step()
        return fake.detach()

    def _discriminator_step(self, real: Tensor, fake: Tensor) -> None:
        self.discriminator.requires_grad_(True)
        with self._mixed():
            loss = F.softplus(-self.discriminator(real)).mean() + F.softplus(self.discriminator(fake)).mean()
        self.of_discriminator.zero_grad()
        loss.backward()
        self.of_discriminator.step()


def hand(turns: Turns, game: Game, levers: Levers) -> dict[str, float]:
    """The loop written by hand."""
    if levers.keep_memory:
        keep_freed_memory()
    loop = HandLoop(**game.networks(), degradation=Bicubic(4), levers=levers)
    for clip in turns.of(game.batch()):
        loop.step(clip)
    return {}
