"""The yardstick of data-parallel training: both networks in one DistributedDataParallel, as Lightning's DDP wraps them.

Each backward reaches one network only, so DDP must look for unused parameters; it reduces all gradients nevertheless.
"""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from benchmarks.gan_setup import Game
from benchmarks.interleaved import Turns
from benchmarks.reduced_bytes import ReducedBytes
from vidgan.degradations.bicubic import Bicubic


class _Both(nn.Module):
    def __init__(self, game: Game) -> None:
        super().__init__()
        self.networks = nn.ModuleDict(game.networks())

    def forward(self, low: Tensor, real: Tensor, fake: Tensor | None) -> tuple[Tensor, Tensor]:
        """Frames and the generator's loss without ``fake``, the same frames and the discriminator's with it."""
        generator, discriminator = self.networks["generator"], self.networks["discriminator"]
        if fake is None:
            fake = generator(low)
            return fake, F.l1_loss(fake, real) + 0.1 * F.softplus(-discriminator(fake)).mean()
        fake = fake.detach()
        return fake, F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()


def whole_module(turns: Turns, game: Game, ranks: int) -> dict[str, float]:
    """The loop written by hand around one DDP with ``find_unused_parameters``; returns the bytes it reduces a step."""
    dist.init_process_group("gloo")
    module = _Both(game)
    parallel = DistributedDataParallel(module, find_unused_parameters=True)
    counter = ReducedBytes()
    parallel.register_comm_hook(None, counter.hook)
    optimizers = {
        name: torch.optim.Adam(network.parameters(), 1e-4, (0.9, 0.99)) for name, network in module.networks.items()
    }
    degradation = Bicubic(4)
    for clip in turns.of(game.batch(ranks)):
        with torch.no_grad():
            low = degradation(clip.frames, clip.seeds)
        fake = None
        for name, optimizer in optimizers.items():
            for other, network in module.networks.items():
                network.requires_grad_(other == name)
            fake, loss = parallel(low, clip.frames, fake)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    dist.destroy_process_group()
    return {"bytes": counter.total / len(turns)}
