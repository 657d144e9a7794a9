"""Pose transfer: a picture of a person and a pose, to the person in that pose."""

import numpy as np
import torch
from torch import Tensor, nn

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.pose.drawing import draw
from vidgan.pose.skeleton import OPENPOSE_18


class PoseTransfer(AdversarialTask):
    """Pairs as :func:`vidgan.data.persons.pairs.pair` makes them.

    The generator is called as ``generator(source, source_keypoints, target_keypoints)`` and makes (B, T, 3, H, W) in
    [0, 1] of a source (B, 1, 3, H, W), its key points (B, 1, K, 2) and the target's (B, T, K, 2), in pixels, missing
    ones NaN. A discriminator may ask for the same three beside the frames.
    """

    shown = ("source", "pose", MODEL, "wrong pose", "real")

    @property
    def generator(self) -> nn.Module:
        return self.network("generator")

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        """
        Raises:
            UserError: the data are no persons with key points and a source.
        """
        if clip.keypoints is None or "source" not in clip.conditions:
            raise UserError("This data has no key points of persons; choose data=persons, or other data with poses.")
        return {
            "source": clip.conditions["source"],
            "source_keypoints": clip.conditions["source_keypoints"],
            "target_keypoints": clip.keypoints,
        }

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        return GeneratorOutput(self.generator(**condition))

    def baselines(self) -> dict[str, Baseline]:
        """The controls, without which no score of this task means anything."""
        return {
            "ground truth": lambda real: real,
            "copy source": lambda source, real: source.expand_as(real),
            "background only": _background_only,
            "wrong pose": self._in_wrong_pose,
        }

    def _in_wrong_pose(self, condition: dict[str, Tensor], wrong_keypoints: Tensor) -> GeneratorOutput:
        return self.generate({**condition, "target_keypoints": wrong_keypoints})

    def given(self, condition: dict[str, Tensor]) -> dict[str, Tensor]:
        source, poses = condition["source"], condition["target_keypoints"]
        drawn = torch.stack([_drawn(points, source.shape[-2:]) for points in poses.flatten(0, 1)])
        return {"source": source.expand(-1, poses.shape[1], -1, -1, -1), "pose": drawn.unflatten(0, poses.shape[:2])}


def _background_only(
    real: Tensor, mask: Tensor, background: Tensor | None = None, scene: Tensor | None = None
) -> Tensor:
    """The picture without the person, as it is or as the film has seen it; else the mean color around the person."""
    known = scene if background is None else background
    if known is not None:
        return known.expand_as(real)
    outside = 1 - mask
    mean = (real * outside).sum((-2, -1), keepdim=True) / outside.sum((-2, -1), keepdim=True).clamp(min=1)
    return torch.broadcast_to(mean, real.shape)


def _drawn(points: Tensor, size: torch.Size) -> Tensor:
    """A skeleton (3, H, W) in [0, 1] on black, of key points (K, 2)."""
    certain = np.pad(points.float().cpu().numpy(), ((0, 0), (0, 1)), constant_values=1.0)
    canvas = np.zeros((*size, 3), np.uint8)
    return torch.from_numpy(draw(canvas, certain[None], OPENPOSE_18)).permute(2, 0, 1) / 255
