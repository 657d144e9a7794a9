"""Losses on how a clip changes in time."""

from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.ops.warp import warp


def _require_two(frames: Tensor, loss: nn.Module) -> None:
    if frames.shape[1] < 2:
        raise ValueError(f"{type(loss).__name__} needs clips of at least 2 frames and is given {frames.shape[1]}")


class PingPong(nn.Module):
    """A clip played forth and back should look the same both ways (TecoGAN, Chu et al. 2020, equation 3).

    ``fake`` (B, T, C, H, W) was made from a sequence mirrored at its middle, such as frames 1 2 3 2 1; frames made
    from the same input are compared in L1, those that are made later having gathered more drift.

    Raises:
        ValueError: the clip has one frame only.
    """

    def forward(self, fake: Tensor) -> Tensor:
        _require_two(fake, self)
        half = fake.shape[1] // 2
        return F.l1_loss(fake[:, :half].float(), fake[:, -half:].flip(1).float())


class Warping(nn.Module):
    """Trains a flow network without ground truth: the last input frame, warped, should be the current (FRVSR, eq. 4).

    ``condition`` (B, T, C, h, w), ``flow`` (B, T-1, 2, h, w) in its pixels, from frame t to t-1. Mean squared error.

    Raises:
        ValueError: the clip has one frame only.
    """

    def forward(self, condition: Tensor, flow: Tensor) -> Tensor:
        _require_two(condition, self)
        previous, current = condition[:, :-1].flatten(0, 1), condition[:, 1:].flatten(0, 1)
        return F.mse_loss(warp(previous, flow.flatten(0, 1), padding="border"), current)


class TemporalDifference(nn.Module):
    """L1 distance between the changes from frame to frame of clips (B, T, C, H, W): flicker costs, rest does not.

    Raises:
        ValueError: the clip has one frame only.
    """

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        _require_two(fake, self)
        return F.l1_loss(fake.float().diff(dim=1), real.float().diff(dim=1))
