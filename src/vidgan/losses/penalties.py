"""Penalties on the slope of a discriminator; the engine adds them every few iterations ("lazily", StyleGAN2).

Each is computed in float32, since the slopes of half-precision logits underflow.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from vidgan.randomness import uniform

Discriminator = Callable[[Tensor], Tensor]


def _squared_slopes(discriminator: Discriminator, frames: Tensor) -> Tensor:
    """Squared norm of each sample's logits' gradient by the sample; differentiable.

    A sample is a frame for discriminators of frames, whose logits come B * T at a time, and a clip for all others.
    Where a sample has several logits (patches) they are summed first.
    """
    with torch.autocast(frames.device.type, enabled=False):
        frames = frames.detach().float().requires_grad_()
        logits = discriminator(frames)
        (slopes,) = torch.autograd.grad(logits.sum(), frames, create_graph=True)
    framewise = logits.shape[0] == frames.shape[0] * frames.shape[1]
    return slopes.flatten(0, 1 if framewise else 0).flatten(1).square().sum(1)


class R1:
    """Mean squared slope at real samples (Mescheder et al. 2018, equation 9).

    The paper's gamma / 2 is the weight: gamma = 10 is a weight of 5.
    """

    def __call__(self, discriminator: Discriminator, real: Tensor) -> Tensor:
        """The penalty on ``discriminator``, a function of clips (B, T, C, H, W), at ``real`` clips in [0, 1]."""
        return _squared_slopes(discriminator, real).mean()


class GradientPenalty:
    """Mean of (slope - 1)^2 at random points between real and fake (WGAN-GP, Gulrajani et al. 2017, equation 3)."""

    def __call__(self, discriminator: Discriminator, real: Tensor, fake: Tensor, seeds: Tensor) -> Tensor:
        """The penalty on ``discriminator``, a function of clips (B, T, C, H, W).

        Args:
            discriminator: gives logits whose first dimension is B * T or B.
            real, fake: clips (B, T, C, H, W) in [0, 1].
            seeds: (B,) int64; where between a real clip and its fake one the slope is taken follows from it.
        """
        share = uniform(seeds, "gradient_penalty", 1, 1, 1, 1)
        between = torch.lerp(fake.detach().float(), real.detach().float(), share)
        slopes = (_squared_slopes(discriminator, between) + 1e-12).sqrt()  # the root has no slope at zero
        return (slopes - 1).square().mean()
