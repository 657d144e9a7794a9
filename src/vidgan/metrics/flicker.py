"""Brightness that comes and goes where the real clip's does not."""

from torch import Tensor
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.metrics.base import Mean, PiecewiseMetric
from vidgan.ops.luma import luma

_BLOCK = 16


class Flicker(PiecewiseMetric):
    """Mean change from frame to frame of the error in brightness of 16 x 16 blocks, in 8-bit levels of luma.

    Block means leave out what texture and noise do within a block, which :class:`TemporalError` measures: what is left
    is what a viewer calls flicker and pumping. Zero for any error that stands still.
    """

    higher_is_better = False
    before = 1

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        """
        Raises:
            UserError: there is one frame only, or it is smaller than a block.
        """
        if len(fake) < 2 or min(fake.shape[-2:]) < _BLOCK:
            raise UserError(f"flicker needs clips of at least 2 frames of {_BLOCK} pixels a side; see the protocol")
        error = F.avg_pool2d(luma(fake.double()) - luma(real.double()), _BLOCK)
        return Mean.of([255 * float(change.abs().mean()) for change in error.diff(dim=0)])


class FlickerFactor(PiecewiseMetric):
    """Mean |f_t-1 - 2 f_t + f_t+1| of the made clip over that of the real one: 1 is as steady as the real.

    It fits clips that need not agree pixel by pixel. The second difference leaves steady change out; what is above 1
    flickers. Below 1 the motion is smeared or missing (a still picture has 0). Not a number for a real clip that does
    not change.
    """

    higher_is_better = False
    before = 2
    ideal = 1.0
    color = "protocol"

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        """
        Raises:
            UserError: the clips have less than three frames.
        """
        if len(fake) < 3:
            raise UserError(f"the flicker factor needs clips of at least 3 frames and this one has {len(fake)}")
        made, wanted = (float(frames.double().diff(n=2, dim=0).abs().sum()) for frames in (fake, real))
        return Mean(made, wanted)
