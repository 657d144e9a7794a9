"""What was made, made back: is it what it was made of?"""

from torch import Tensor, nn
from torch.nn import functional as F


class CycleL1(nn.Module):
    """Mean absolute difference of a clip and of what is made of it there and back again (InGAN's reconstruction loss).

    ``cycle`` and ``source`` are (B, T, C, H, W) in [0, 1].
    """

    def forward(self, cycle: Tensor, source: Tensor) -> Tensor:
        return F.l1_loss(cycle.float(), source)
