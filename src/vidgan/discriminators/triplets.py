"""Are three frames in a row of this video? A discriminator of small patches of space and time, at several scales."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.discriminators.base import Verdict
from vidgan.discriminators.blocks import Norm
from vidgan.discriminators.patch import PatchGAN
from vidgan.errors import UserError
from vidgan.ops.resize import resize

STEP = 1.4  # between scales, as of InGAN


class TripletPatchGAN(nn.Module):
    """A PatchGAN for each of several scales, which sees three frames in a row, channel by channel.

    The scales are 1.4 apart as in InGAN (Shocher et al. 2019), and count alike: a scale has fewer patches than the one
    before, and each of its logits stands for several. What is judged may be of any size and length.

    Args:
        channels, layers, norm: those of :class:`PatchGAN`; a patch is 16 px for one layer, 34 px for two.
        scales: how many.
    """

    def __init__(self, channels: int = 64, layers: int = 1, norm: Norm = "spectral", scales: int = 3) -> None:
        super().__init__()
        self.judges = nn.ModuleList(PatchGAN(channels, layers, norm, inputs=9) for _ in range(scales))
        for judge in self.judges:
            # Within the margin of a hinge its gradient is the difference of two equal counts, and so nothing but
            # rounding, which Adam makes whole steps of.
            judge.model[-1].register_parameter("bias", None)  # type: ignore[index, union-attr]
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # the published deviation would take it long to learn anything
                nn.init.kaiming_normal_(getattr(module, "weight_orig", module.weight), a=0.2)

    def forward(self, frames: Tensor, return_features: bool = False) -> Verdict:
        """Judges clips (B, T, 3, H, W) in [0, 1]; logits are (B * (T - 2), scales, h, w).

        Raises:
            UserError: there are fewer than three frames.
        """
        if frames.shape[1] < 3:
            raise UserError(f"TripletPatchGAN judges three frames in a row and is given {frames.shape[1]}.")
        windows = torch.cat([frames[:, :-2], frames[:, 1:-1], frames[:, 2:]], 2).flatten(0, 1)
        logits: list[Tensor] = []
        features: list[Tensor] = []
        for number, judge in enumerate(self.judges):
            height, width = (max(16, round(side / STEP**number)) for side in windows.shape[-2:])
            thought, seen = judge.judge(resize(windows, (height, width)))  # type: ignore[operator]  # it is a PatchGAN
            logits.append(thought if number == 0 else F.interpolate(thought, logits[0].shape[-2:], mode="nearest"))
            features += seen
        joined = torch.cat(logits, 1)
        return (joined, features) if return_features else joined
