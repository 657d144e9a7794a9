"""Synthetic persons in motion: clips made on the fly, with the truth about every pixel."""

import numpy as np
import torch

from vidgan.data.clip import Clip
from vidgan.data.datamodule import Loading
from vidgan.data.generated import GeneratedClips, GeneratedData, Stream
from vidgan.data.persons.capsules import Floats, Identity, draw, placed
from vidgan.data.persons.gait import Motion, posed, turned
from vidgan.data.persons.pairs import animation, pictures
from vidgan.data.persons.synthetic import person
from vidgan.errors import UserError

_PACE = (0.03, 0.07)  # turns of the motion's cycle a frame
_TURN = 0.04  # radians that the person turns about itself a frame, at most


class SyntheticClips(GeneratedClips):
    """Clip n, for any n: an identity of its own that goes through a motion, and a picture of it in another one.

    Beside the parts of :func:`vidgan.data.persons.pairs.animation` its conditions are ``parts`` (1, T, H, W) int16,
    ``palette`` (1, parts, 3) in [0, 1] and ``background`` (1, T, 3, H, W), all as for
    :class:`vidgan.data.persons.synthetic.SyntheticPairs`.

    Args:
        height, width: of the frames, in pixels.
        frames: of a clip.
        stream: what names the set of identities and motions; two streams have none in common.
        count: length where it has one.

    Raises:
        UserError: a clip has no frames.
    """

    def __init__(self, height: int, width: int, frames: int, stream: Stream, count: int = 0) -> None:
        if frames < 1:
            raise UserError(f"A clip of {frames} frames is none; set data.frames and data.eval_frames to 1 or more.")
        super().__init__(stream, count)
        self.height, self.width, self.frames = height, width, frames

    def __getitem__(self, number: int) -> Clip:
        identity = Identity.draw(self.random(number, "identity"), self.height, self.width)
        source = draw(identity, self._points(number, "source", 1)[0])
        targets = [draw(identity, points) for points in self._points(number, "target", self.frames)]
        wrong = self._points(number + 1, "target", self.frames)[:, :18, :2].astype(np.float32)
        background = (identity.background * 255).round().astype(np.uint8)
        return animation(
            person(source),
            [person(target) for target in targets],
            self.name(number),
            self.seed(number),
            wrong,
            parts=torch.from_numpy(np.stack([target.parts for target in targets]))[None],
            palette=torch.from_numpy(identity.palette.astype(np.float32))[None],
            background=pictures([background]).expand(-1, self.frames, -1, -1, -1),
        )

    def _points(self, number: int, role: str, frames: int) -> Floats:
        """(T, POINTS, 3) as :func:`placed` gives them: the person stays in the middle of the clip, on its feet."""
        random = self.random(number, role)
        motion, times = Motion.draw(random), np.arange(frames, dtype=np.float64)
        body = posed(motion.angles(random.uniform() + random.uniform(*_PACE) * times))
        yaws = random.uniform(0, 2 * np.pi) + random.uniform(-_TURN, _TURN) * times
        seen = np.concatenate([turned(points, yaw) for points, yaw in zip(body, yaws, strict=True)])
        return placed(seen, self.height, self.width).reshape(body.shape)


class MovingPersons(GeneratedData):
    """Clips of synthetic persons: every training clip is new, the evaluated ones are always the same.

    Args:
        batch_size: clips in an iteration, over all devices.
        frames: of a training clip.
        height, width: of the frames, in pixels.
        eval_clips: clips to validate and to test on, all of identities and motions that training never sees.
        eval_frames: of each.
        seed: what training draws follows from it and from the number of the sample.
        loading: the machine's half.
    """

    scored_conditions = ("wrong_keypoints",)

    def __init__(
        self,
        batch_size: int,
        frames: int = 8,
        height: int = 64,
        width: int = 64,
        eval_clips: int = 20,
        eval_frames: int = 16,
        seed: int = 0,
        loading: Loading | None = None,
    ) -> None:
        super().__init__(batch_size, seed, loading)
        self.frames, self.height, self.width = frames, height, width
        self.eval_clips, self.eval_frames = eval_clips, eval_frames

    def clips(self, stream: Stream, evaluated: bool) -> SyntheticClips:
        frames, count = (self.eval_frames, self.eval_clips) if evaluated else (self.frames, 0)
        return SyntheticClips(self.height, self.width, frames, stream, count)
