"""Moving shapes, made on the fly: whose kind of motion, path, shape and colors are known."""

import colorsys
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.data.compared import CONTROLS, ComparedClips
from vidgan.data.datamodule import Loading
from vidgan.data.generated import GeneratedClips, GeneratedData, Stream
from vidgan.data.sampling import clip_of
from vidgan.data.shapes.scene import FARTHEST, MOTIONS, RADII, REACHES, SHAPES, coverage, paths
from vidgan.errors import UserError

_BACKGROUND = (0.05, 0.3)


class MovingShapeClips(GeneratedClips):
    """Clip n, for any n: one bright shape of one color that moves before a dark, plain background.

    Motions and shapes take turns, so that all are equally frequent. Its conditions are ``label`` (1,) int64, the number
    of the motion among ``classes``, and ``kind`` (1,) int64, that in ``scene.MOTIONS``.

    Args:
        frames: T.
        side: height and width, in pixels.
        classes: motions that there are, of ``scene.MOTIONS``.
        stream: what names the set of clips; two streams have none in common.
        count: length where it has one.
    """

    def __init__(self, frames: int, side: int, classes: Sequence[str], stream: Stream, count: int = 0) -> None:
        super().__init__(stream, count)
        self.frames, self.side, self.classes = frames, side, list(classes)

    def __getitem__(self, number: int) -> Clip:
        random = self.random(number, "scene")
        label = number % len(self.classes)
        motion, shape = self.classes[label], SHAPES[number // len(self.classes) % len(SHAPES)]
        radius, reach = self.side * random.uniform(*RADII), self.side * random.uniform(*REACHES)
        cover = coverage(
            shape, torch.full((self.frames,), radius), self._places(random, motion, radius, reach), self.side
        )
        color = _tensor(colorsys.hsv_to_rgb(random.uniform(), random.uniform(0.5, 1), random.uniform(0.8, 1)))
        background = _tensor(random.uniform(*_BACKGROUND, 3))
        frames = background + (color - background) * cover[:, None]
        return Clip(
            frames=(frames * 255).round().byte()[None],
            names=[self.name(number)],
            seeds=torch.tensor([self.seed(number)], dtype=torch.int64),
            conditions={"label": torch.tensor([label]), "kind": torch.tensor([MOTIONS.index(motion)])},
        )

    def _places(self, random: np.random.Generator, motion: str, radius: float, reach: float) -> Tensor:
        """(T, 2): all of the shape stays inside, a pixel from the border."""
        ways = paths(motion, self.frames)
        way, phase = ways[random.integers(len(ways))], random.uniform(0, 2 * math.pi)
        margin = reach + FARTHEST * radius + 1
        middle = torch.from_numpy(random.uniform(margin, self.side - margin, 2)) - 0.5
        return middle + way @ torch.tensor([reach * math.cos(phase), reach * math.sin(phase)], dtype=torch.float64)


class _Training(MovingShapeClips):
    """So many clips in an order that is new in each epoch; what a generator draws is new with each sample.

    Args:
        clips: how many there are.
        seed: of the order.
        given: those of :class:`MovingShapeClips`.
    """

    def __init__(self, clips: int, seed: int, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]  # as they are
        self.clips, self.order = clips, seed

    def __getitem__(self, number: int) -> Clip:
        clip = super().__getitem__(clip_of(number, self.clips, self.order))
        clip.names, clip.seeds = [self.name(number)], torch.tensor([self.seed(number)], dtype=torch.int64)
        return clip


class MovingShapes(GeneratedData):
    """A data set of moving shapes to train on; what is scored is compared with it and with clips held out of it.

    Args:
        batch_size: clips in an iteration, over all devices.
        frames: of a clip.
        patch: height and width, in pixels.
        clips: of the training set.
        eval_clips: clips to validate and to test on, see :class:`vidgan.data.compared.ComparedClips`.
        classes: motions that there are, of ``scene.MOTIONS``, in the order of their labels.
        seed: what training draws follows from it and from the number of the sample.
        loading: the machine's half.

    Raises:
        UserError: a class is no motion, a shape would not fit into the frame, or there is nothing to train on.
    """

    scored_conditions = CONTROLS

    def __init__(
        self,
        batch_size: int,
        frames: int = 16,
        patch: int = 32,
        clips: int = 256,
        eval_clips: int = 256,
        classes: Sequence[str] = MOTIONS,
        seed: int = 0,
        loading: Loading | None = None,
    ) -> None:
        super().__init__(batch_size, seed, loading)
        if unknown := [name for name in classes if name not in MOTIONS] or (not classes and ["none"]):
            raise UserError(f"data.classes: {', '.join(unknown)} is no motion; there are {', '.join(MOTIONS)}")
        for key, value, least in (("frames", frames, 1), ("patch", patch, 16), ("clips", clips, 1)):
            if value < least:
                raise UserError(f"data.{key}={value}: moving shapes need {least} or more")
        self.frames, self.patch, self.classes = frames, patch, list(classes)
        self.count, self.eval_clips = clips, eval_clips

    def clips(self, stream: Stream, evaluated: bool) -> MovingShapeClips:
        given = self.frames, self.patch, self.classes, stream
        if evaluated:
            return MovingShapeClips(*given, self.eval_clips)
        return _Training(self.count, self.seed, *given)

    def evaluated(self, split: Literal["val", "test"]) -> ComparedClips:  # type: ignore[override]  # as the base says
        reference = MovingShapeClips(self.frames, self.patch, self.classes, ("train", self.seed))
        return ComparedClips(lambda number: reference[number % self.count], self.clips((split,), evaluated=True))


def _tensor(color: Sequence[float] | np.ndarray) -> Tensor:
    return torch.tensor([*color], dtype=torch.float64)[:, None, None]
