"""Is this what was in the hole? A discriminator for inpainting."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.discriminators.base import Verdict
from vidgan.discriminators.blocks import Norm
from vidgan.discriminators.patch import PatchGAN


class HolePatchGAN(PatchGAN):
    """PatchGAN of a frame and its hole (as SN-PatchGAN is given them; Yu et al. 2019, "Free-form image inpainting with
    gated convolution"), which judges patches with something of a hole in them alone.

    All others are the same in what is made and what is real: they tell nothing. Weights begin after He et al. 2015, as
    pix2pix' own would take it longer to learn anything.

    Args:
        channels, layers, norm: those of :class:`PatchGAN`.
    """

    def __init__(self, channels: int = 64, layers: int = 3, norm: Norm = "spectral") -> None:
        super().__init__(channels, layers, norm, inputs=4)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(getattr(module, "weight_orig", module.weight), a=0.2)

    def forward(  # type: ignore[override]  # it is given what it names
        self, frames: Tensor, mask: Tensor, return_features: bool = False
    ) -> Verdict:
        """Judges clips (B, T, 3, H, W) in [0, 1] with holes (B, T, 1, H, W), 1 inside of them.

        Logits are (N,), one for each patch that a hole reaches into; where there is no hole, all of them.
        """
        logits, features = self.judge(torch.cat([frames, mask], 2).flatten(0, 1))
        if not logits.is_meta:  # there, how many they are is not known
            holes = F.adaptive_max_pool2d(mask.flatten(0, 1), logits.shape[-2:]) > 0
            logits = logits[holes] if holes.any() else logits.flatten()
        return (logits, features) if return_features else logits
