"""Likeness in the eyes of the discriminator."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class FeatureMatching(nn.Module):
    """L1 distance of the discriminator's features on real and fake, averaged over its stages.

    Larsen et al. 2016; pix2pixHD (Wang et al. 2018, equation 4) and TecoGAN use it.
    """

    def forward(self, fake_features: list[Tensor], real_features: list[Tensor]) -> Tensor:
        pairs = zip(fake_features, real_features, strict=True)
        return torch.stack([F.l1_loss(fake.float(), real.detach().float()) for fake, real in pairs]).mean()
