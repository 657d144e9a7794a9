"""Pose sequences: what an estimator finds of a person over time, to where the key points are."""

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vidgan.data.clip import Clip
from vidgan.data.tracks.motion import FPS
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.pose.drawing import draw
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import Smoother

_CANVAS = (256, 256)  # height and width of what is shown, in pixels
_SHOWN = 90  # frames


class PoseSequence(AdversarialTask):
    """Clips as :class:`vidgan.data.tracks.synthetic.SyntheticTrackClips` makes them.

    The generator makes key points (B, T, K, 2) of detected ones (B, T, K, 3) as (x, y, confidence), in pixels. They
    have the place that frames have in other tasks.

    Args:
        filters: classical methods to be scored beside it, by name.
        arguments: those of :class:`AdversarialTask`.
    """

    shown = ("raw", MODEL, "real")

    def __init__(self, filters: Mapping[str, Smoother] | None = None, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.filters = dict(filters or {})

    @property
    def generator(self) -> nn.Module:
        return self.network("generator")

    def condition(self, clip: Clip) -> Tensor:
        return clip.conditions["detected"]

    def target(self, clip: Clip) -> Tensor:
        assert clip.keypoints is not None, "tracks are key points"
        return clip.keypoints

    def generate(self, condition: Tensor) -> GeneratorOutput:
        return GeneratorOutput(self.generator(condition))

    def baselines(self) -> dict[str, Baseline]:
        """What the detector found, and what filters make of it."""
        filtered = {name: partial(_filtered, smoother) for name, smoother in self.filters.items()}
        return {"raw": lambda detected: detected[..., :2], **filtered}

    def presented(self, made: Tensor) -> Tensor:
        return made.float()

    def pictured(self, presented: Tensor) -> Tensor:
        """Drawn skeletons (T, 3, H, W) in [0, 1], the person in the middle."""
        ground = np.zeros((*_CANVAS, 3), np.uint8)
        presented = presented[:_SHOWN]
        centred = presented - presented.mean(1, keepdim=True) + presented.new_tensor(_CANVAS[::-1]) / 2
        sure = torch.cat([centred, torch.ones_like(centred[..., :1])], -1).cpu().numpy()
        frames = np.stack([draw(ground, person[None], OPENPOSE_18) for person in sure])
        return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255


def _filtered(smoother: Smoother, detected: Tensor) -> Tensor:
    found = KeypointSequence(detected.transpose(0, 1).cpu().numpy(), OPENPOSE_18, fps=Fraction(FPS))
    return torch.from_numpy(smoother(found).points[..., :2]).to(detected.device).transpose(0, 1)
