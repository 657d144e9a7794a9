"""Adversarial losses: what the generator and the discriminator minimize, given the discriminator's logits.

Every mean is over all logits in float32 (bfloat16 would round the mean to 3 digits). A discriminator's loss is the sum
of its real and fake halves unless said otherwise. ``accuracy`` gives the shares of real and of fake logits that are on
the side where their loss wants them; it is there where the loss has sides.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def _mean(values: Tensor) -> Tensor:
    return values.mean(dtype=torch.float32)


def _judged_real(logits: Tensor) -> Tensor:
    """Cross entropy to the verdict "real": -log(sigmoid(logits))."""
    return _mean(F.softplus(-logits.float()))


def _judged_fake(logits: Tensor) -> Tensor:
    """Cross entropy to the verdict "fake": -log(1 - sigmoid(logits))."""
    return _mean(F.softplus(logits.float()))


def _share(right: Tensor) -> Tensor:
    return right.float().mean()


class _Threshold(nn.Module):
    """A loss for whose discriminator what is above a threshold is real.

    Attributes:
        threshold: the logit at which the discriminator loses as much by the verdict "real" as by "fake".
    """

    threshold: ClassVar[float]

    def accuracy(self, real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
        """The shares of real logits above the threshold and of fake logits below it."""
        return _share(real_logits > self.threshold), _share(fake_logits < self.threshold)


class Vanilla(_Threshold):
    """Cross entropy with the non-saturating generator loss -log(D(fake)) (Goodfellow et al. 2014, section 3)."""

    threshold = 0.0

    def generator(self, fake_logits: Tensor) -> Tensor:
        return _judged_real(fake_logits)

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return _judged_real(real_logits) + _judged_fake(fake_logits)


class LeastSquares(_Threshold):
    """Squared distance to 1 for real and 0 for fake (LSGAN, Mao et al. 2017), halved for the discriminator alone.

    So CycleGAN and pix2pixHD weigh it; LSGAN's equation 9 halves the generator's loss too.
    """

    threshold = 0.5

    def generator(self, fake_logits: Tensor) -> Tensor:
        return _mean((fake_logits - 1).square())

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return (_mean((real_logits - 1).square()) + _mean(fake_logits.square())) / 2


class Hinge(_Threshold):
    """The discriminator wants logits above 1 for real and below -1 for fake and no more (Lim and Ye 2017; SAGAN)."""

    threshold = 0.0

    def generator(self, fake_logits: Tensor) -> Tensor:
        return -_mean(fake_logits)

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return _mean(F.relu(1 - real_logits)) + _mean(F.relu(1 + fake_logits))


class RelativisticAverage(nn.Module):
    """Real should look more real than the average fake, and the reverse (Jolicoeur-Martineau 2018; ESRGAN, eq. 1-2).

    Both losses are halved, as in BasicSR, whose ESRGAN weight of 5e-3 presumes it. The averages are over the clips that
    are computed at once: a chunk (``engine.accumulate``, ``engine.tbptt``) of a device's share of the batch. Of k
    chunks, as of k devices, it is the mean of k losses with averages of their own, not the loss of the whole batch.
    """

    def generator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        real, fake = real_logits.detach().float(), fake_logits.float()
        return (_judged_fake(real - fake.mean()) + _judged_real(fake - real.mean())) / 2

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        real, fake = real_logits.float(), fake_logits.float()
        return (_judged_real(real - fake.mean()) + _judged_fake(fake - real.mean())) / 2

    def accuracy(self, real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
        """The shares of real logits above the average fake one, and of fake logits below the average real one."""
        real, fake = real_logits.float(), fake_logits.float()
        return _share(real > fake.mean()), _share(fake < real.mean())


class Wasserstein(nn.Module):
    """Difference of the mean logits (Arjovsky et al. 2017); needs a critic kept smooth, see GradientPenalty.

    The logits have no zero and so no accuracy; the loss is the estimated distance itself.
    """

    def generator(self, fake_logits: Tensor) -> Tensor:
        return -_mean(fake_logits)

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return _mean(fake_logits) - _mean(real_logits)
