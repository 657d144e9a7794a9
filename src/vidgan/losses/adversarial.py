"""Adversarial losses: what the generator and the discriminator minimize, given the discriminator's logits.

Every mean is over all logits in float32 (bfloat16 would round the mean to 3 digits). A discriminator's loss is the sum
of its real and fake halves unless said otherwise.
"""

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


class Vanilla(nn.Module):
    """Cross entropy with the non-saturating generator loss -log(D(fake)) (Goodfellow et al. 2014, section 3)."""

    def generator(self, fake_logits: Tensor) -> Tensor:
        return _judged_real(fake_logits)

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return _judged_real(real_logits) + _judged_fake(fake_logits)


class LeastSquares(nn.Module):
    """Squared distance to 1 for real and 0 for fake (LSGAN, Mao et al. 2017), halved for the discriminator alone.

    So CycleGAN and pix2pixHD weigh it; LSGAN's equation 9 halves the generator's loss too.
    """

    def generator(self, fake_logits: Tensor) -> Tensor:
        return _mean((fake_logits - 1).square())

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return (_mean((real_logits - 1).square()) + _mean(fake_logits.square())) / 2


class Hinge(nn.Module):
    """The discriminator wants logits above 1 for real and below -1 for fake and no more (Lim and Ye 2017; SAGAN)."""

    def generator(self, fake_logits: Tensor) -> Tensor:
        return -_mean(fake_logits)

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return _mean(F.relu(1 - real_logits)) + _mean(F.relu(1 + fake_logits))


class RelativisticAverage(nn.Module):
    """Real should look more real than the average fake, and the reverse (Jolicoeur-Martineau 2018; ESRGAN, eq. 1-2).

    Both losses are halved, as in BasicSR, whose ESRGAN weight of 5e-3 presumes it. The averages are over this device's
    share of the batch: on several devices the loss is not that of one device with the whole batch.
    """

    def generator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        real, fake = real_logits.detach().float(), fake_logits.float()
        return (_judged_fake(real - fake.mean()) + _judged_real(fake - real.mean())) / 2

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        real, fake = real_logits.float(), fake_logits.float()
        return (_judged_real(real - fake.mean()) + _judged_fake(fake - real.mean())) / 2


class Wasserstein(nn.Module):
    """Difference of the mean logits (Arjovsky et al. 2017); needs a critic kept smooth, see GradientPenalty."""

    def generator(self, fake_logits: Tensor) -> Tensor:
        return -_mean(fake_logits)

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return _mean(fake_logits) - _mean(real_logits)
