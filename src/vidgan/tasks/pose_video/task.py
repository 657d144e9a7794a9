"""Animation: a picture of a person and a sequence of poses, to a video of the person moving so."""

from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn

from vidgan.data.clip import Clip
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.tasks.pose_transfer.task import PoseTransfer


class PoseVideo(PoseTransfer):
    """Clips as :func:`vidgan.data.persons.pairs.animation` makes them.

    The generator carries a memory from frame to frame: ``generator.stream(source, source_keypoints, target_keypoints,
    state)`` is called as :meth:`vidgan.generators.recurrent_limb_transport.RecurrentLimbTransport.stream`, so that
    training may cut clips into segments and use may go on for ever. Where the data knows the ``scene`` behind the
    person, and the generator has an argument of that name, it is given it.

    Args:
        nearest_pose: whether the data knows other pictures of the person, and shows for each frame the one whose pose
            is nearest (the condition ``nearest``), which is scored beside the model.
        arguments: those of :class:`vidgan.engine.adversarial.AdversarialTask`.
    """

    def __init__(self, nearest_pose: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.nearest_pose = nearest_pose

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        given = super().condition(clip)
        if "scene" in clip.conditions and takes_scene(self.generator):
            given["scene"] = clip.conditions["scene"]
        return given

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        return self.proceed(condition, None)

    def proceed(self, condition: dict[str, Tensor], state: Any) -> GeneratorOutput:
        fake, state = self.generator.stream(**condition, state=state)  # type: ignore[operator]  # it has a memory
        return GeneratorOutput(fake, state=state)

    def baselines(self) -> dict[str, Baseline]:
        """The controls of :class:`PoseTransfer`, each frame made by itself, and the nearest pose."""
        own: dict[str, Baseline] = {"without memory": self._without_memory}
        if self.nearest_pose:
            own["nearest pose"] = lambda nearest: nearest
        return super().baselines() | own

    def given(self, condition: dict[str, Tensor]) -> dict[str, Tensor]:
        frames = condition["target_keypoints"].shape[1]
        return {"source": condition["source"].expand(-1, frames, -1, -1, -1)}

    def _without_memory(self, condition: dict[str, Tensor]) -> Tensor:
        poses = condition["target_keypoints"].split(1, dim=1)
        return torch.cat([self.generate({**condition, "target_keypoints": pose}).fake for pose in poses], dim=1)


def takes_scene(generator: nn.Module) -> bool:
    """Whether the scene behind the person can be given to it."""
    return "scene" in signature(generator.stream).parameters  # type: ignore[arg-type]  # a method, not a part
