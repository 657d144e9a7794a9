"""Animation: a picture of a person and a sequence of poses, to a video of the person moving so."""

from typing import Any

import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.engine.scene import Made
from vidgan.engine.scoring import MODEL
from vidgan.tasks.pose_transfer import PoseTransfer


class PoseVideo(PoseTransfer):
    """Clips as :func:`vidgan.data.persons.pairs.animation` makes them.

    The generator carries a memory from frame to frame: ``generator.stream(source, source_keypoints, target_keypoints,
    state)`` is called as :meth:`vidgan.generators.pose_video.PoseVideo.stream`, so that training may cut clips into
    segments and use may go on for ever.
    """

    shown = ("source", MODEL, "wrong pose", "real")

    def generate(self, condition: dict[str, Tensor]) -> Made:
        return self.proceed(condition, None)

    def proceed(self, condition: dict[str, Tensor], state: Any) -> Made:
        fake, state = self.generator.stream(**condition, state=state)  # type: ignore[operator]
        return Made(fake, state=state)

    def baselines(self, clip: Clip, condition: dict[str, Tensor]) -> dict[str, Tensor]:
        """The controls of :class:`PoseTransfer`; each frame by itself; the nearest known pose where the data has it."""
        made = super().baselines(clip, condition) | {"without memory": self._without_memory(condition)}
        return made | ({"nearest pose": clip.conditions["nearest"]} if "nearest" in clip.conditions else {})

    def given(self, condition: dict[str, Tensor]) -> dict[str, Tensor]:
        frames = condition["target_keypoints"].shape[1]
        return {"source": condition["source"].expand(-1, frames, -1, -1, -1)}

    def _without_memory(self, condition: dict[str, Tensor]) -> Tensor:
        poses = condition["target_keypoints"].split(1, dim=1)
        return torch.cat([self.generate({**condition, "target_keypoints": pose}).fake for pose in poses], dim=1)
