"""Losses of a generator that trains a teacher of its own beside it."""

import torch
from torch import Tensor, nn

_TINY = 1e-12  # a squared distance of nothing, whose root would have no gradient


class OfTeacher(nn.Module):
    """Any loss of made and real frames, of what a teacher makes (RIFE, Huang et al. 2022, section 3.4).

    ``taught_frame`` is the teacher's, a clip as ``fake`` is.

    Args:
        loss: given ``fake`` and ``real``.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, taught_frame: Tensor, real: Tensor) -> Tensor:
        value: Tensor = self.loss(taught_frame, real)
        return value


class FlowDistillation(nn.Module):
    """Sum over blocks of the distance of their motion from their teacher's, where that knows better (RIFE, eq. 8).

    The distance is the root of the mean square over the components of motion, in pixels; it counts where a block's
    frame is off by more than ``margin`` more than the teacher's, on average over the channels of a pixel, and is a mean
    over all pixels. The teacher does not learn of it. ``stage_frames`` and ``stage_flows`` are lists of (B, N, 3, H, W)
    and (B, N, 4, H, W), one for each block, ``taught_frame`` and ``taught_flow`` the teacher's.

    Args:
        margin: in pixel values of [0, 1]; RIFE's 0.01.
    """

    def __init__(self, margin: float = 0.01) -> None:
        super().__init__()
        self.margin = margin

    def forward(
        self,
        real: Tensor,
        stage_frames: list[Tensor],
        stage_flows: list[Tensor],
        taught_frame: Tensor,
        taught_flow: Tensor,
    ) -> Tensor:
        target, least = taught_flow.detach().float(), self._error(taught_frame, real) + self.margin
        return torch.stack(
            [
                (self._distance(flow.float(), target) * (self._error(frame, real) > least)).mean()
                for frame, flow in zip(stage_frames, stage_flows, strict=True)
            ]
        ).sum()

    @staticmethod
    def _error(frame: Tensor, real: Tensor) -> Tensor:
        return (frame.detach().float() - real).abs().mean(-3)

    @staticmethod
    def _distance(flow: Tensor, target: Tensor) -> Tensor:
        return ((flow - target).square().mean(-3) + _TINY).sqrt()
