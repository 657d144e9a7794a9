"""What was made, made back: is it what it was made of?"""

from torch import Tensor, nn
from torch.nn import functional as F

_ROUNDING = 1e-3  # of values in [0, 1]


class CycleL1(nn.Module):
    """Mean absolute difference of a clip and of what is made of it there and back again (InGAN's reconstruction loss).

    Below a quarter of an 8-bit level it is quadratic: where a clip comes back as it was, rounding would else decide.

    ``cycle`` and ``source`` are (B, T, C, H, W) in [0, 1].
    """

    def forward(self, cycle: Tensor, source: Tensor) -> Tensor:
        return F.smooth_l1_loss(cycle.float(), source, beta=_ROUNDING)
