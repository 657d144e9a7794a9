"""Pose transfer: a picture of a person and a pose, to the person in that pose."""

import torch
from torch import Tensor, nn

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.scene import Judged, Made, Scene
from vidgan.engine.scoring import MODEL, Baseline


class PoseTransfer(AdversarialTask):
    """Pairs as :func:`vidgan.data.persons.pairs.pair` makes them.

    The generator is called as ``generator(source, source_keypoints, target_keypoints)`` and makes (B, T, 3, H, W) in
    [0, 1] of a source (B, 1, 3, H, W), its key points (B, 1, K, 2) and the target's (B, T, K, 2), in pixels, missing
    ones NaN. A discriminator with the attribute ``conditional`` is given the same three beside the frames.
    """

    shown = ("source", MODEL, "wrong pose", "real")

    @property
    def generator(self) -> nn.Module:
        return self.network("generator")

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        assert clip.keypoints is not None, "persons come with key points"
        return {
            "source": clip.conditions["source"],
            "source_keypoints": clip.conditions["source_keypoints"],
            "target_keypoints": clip.keypoints,
        }

    def generate(self, condition: dict[str, Tensor]) -> Made:
        return Made(self.generator(**condition))

    def judged(self, discriminator: str, scene: Scene) -> Judged:
        assert isinstance(scene.condition, dict)
        conditional = getattr(self.networks[discriminator], "conditional", False)
        return Judged(scene.real, scene.fake, scene.condition if conditional else {})

    def baselines(self) -> dict[str, Baseline]:
        """The controls, without which no score of this task means anything."""
        return {
            "ground truth": lambda clip, condition: clip.frames,
            "copy source": lambda clip, condition: condition["source"].expand_as(clip.frames),
            "background only": lambda clip, condition: self._background(clip),
            "wrong pose": self._in_wrong_pose,
        }

    def _in_wrong_pose(self, clip: Clip, condition: dict[str, Tensor]) -> Tensor:
        return self.generate({**condition, "target_keypoints": clip.conditions["wrong_keypoints"]}).fake

    def given(self, condition: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"source": condition["source"]}

    def _background(self, clip: Clip) -> Tensor:
        """The scene without the person; where it is not known, the mean colour around the person."""
        if "background" in clip.conditions:
            return clip.conditions["background"].expand_as(clip.frames)
        assert clip.masks is not None, "persons come with masks"
        outside = 1 - clip.masks
        mean = (clip.frames * outside).sum((-2, -1), keepdim=True) / outside.sum((-2, -1), keepdim=True).clamp(min=1)
        return torch.broadcast_to(mean, clip.frames.shape)
