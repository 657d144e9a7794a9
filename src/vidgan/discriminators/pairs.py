"""Discriminators of pairs: a picture of a person beside what it was made of."""

from typing import Literal

import torch
from torch import Tensor

from vidgan.discriminators.base import FrameDiscriminator, Verdict
from vidgan.errors import UserError
from vidgan.pose.maps import disc_maps
from vidgan.pose.skeleton import OPENPOSE_18

Partner = Literal["source", "pose"]
_CHANNELS = {"source": 3, "pose": len(OPENPOSE_18)}


class PairDiscriminator(FrameDiscriminator):
    """Judges each frame with its partner beside it, channel by channel; a subclass writes ``judge``.

    Args:
        partner: ``"source"``, the picture of the person (is it the same person?), or ``"pose"``, the target's heat maps
            (is it that pose?).
    Attributes:
        inputs: channels of a frame and its partner.
    """

    def __init__(self, partner: Partner = "source") -> None:
        super().__init__()
        if partner not in _CHANNELS:
            raise UserError(f"partner is '{partner}'; it is one of {', '.join(_CHANNELS)}.")
        self.partner = partner
        self.inputs = 3 + _CHANNELS[partner]

    def maps(self, keypoints: Tensor, size: tuple[int, int]) -> Tensor:
        """Heat maps (..., K, H, W) of key points (..., K, 2): PG2's discs, -1 outside and 1 inside."""
        return 2 * disc_maps(keypoints, size) - 1

    def forward(  # type: ignore[override]  # it is given what it names
        self,
        frames: Tensor,
        source: Tensor,
        source_keypoints: Tensor,
        target_keypoints: Tensor,
        return_features: bool = False,
    ) -> Verdict:
        """Judges clips (B, T, 3, H, W) in [0, 1]; the logits' first dimension is B * T.

        The others are what a :class:`vidgan.generators.pose.PoseGenerator` is given. Pictures are scaled to [-1, 1].
        """
        if self.partner == "source":
            beside = 2 * source.expand_as(frames) - 1
        else:
            beside = self.maps(target_keypoints, (frames.shape[-2], frames.shape[-1]))
        return super().forward(torch.cat([2 * frames - 1, beside], dim=2), return_features)
