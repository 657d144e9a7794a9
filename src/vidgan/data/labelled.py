"""Clips of one's own or of published sets, small and square, by class where they lie in folders of classes."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Literal

import cv2
import numpy as np
import torch

from vidgan.data.clip import Clip
from vidgan.data.compared import CONTROLS, ComparedClips
from vidgan.data.datamodule import ClipDataModule
from vidgan.data.datasets import TrainingWindows, refuse_useless, usable
from vidgan.data.sources import Box, Size, Source
from vidgan.errors import UserError
from vidgan.video.reader import Frames


class Shrunk(Source):
    """The middle square of another source, made ``side`` pixels large, and every n-th of its frames."""

    def __init__(self, source: Source, side: int, every: int) -> None:
        super().__init__(source.name, source.path)
        self.source, self.side, self.every = source, side, every

    @property
    def size(self) -> Size:
        """As small as it is where it is smaller already, so that it is refused rather than enlarged."""
        frames, height, width = self.source.size
        side = min(self.side, height, width)
        return Size(1 + (frames - 1) // self.every, side, side)

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        _, height, width = self.source.size
        side = min(height, width)
        middle = Box((height - side) // 2, (width - side) // 2, side, side)
        whole = self.source.read(start * self.every, (count - 1) * self.every + 1, middle)[:: self.every]
        small = np.stack([cv2.resize(frame, (self.side, self.side), interpolation=cv2.INTER_AREA) for frame in whole])
        return np.ascontiguousarray(box.cut(small)) if box else small


class _Labelled(TrainingWindows):
    """Windows with the condition ``label`` (1,), the number of their clip's class, where there are classes."""

    def __init__(self, classes: Sequence[str], *given: Any) -> None:
        super().__init__(*given)
        self.classes = list(classes)

    def __getitem__(self, sample: int) -> Clip:
        clip = super().__getitem__(sample)
        if self.classes:
            clip.conditions["label"] = torch.tensor([self.classes.index(_class_of(clip.names[0]))])
        return clip


class LabelledClips(ClipDataModule):
    """Small clips below one folder: random windows train, and what is made is compared with windows of the same clips.

    Args:
        classes: names of the folders whose clips are of a class each, in the order of their labels; other folders are
            left out. Empty takes all clips, without classes.
        patch: height and width that the middle square of a clip is made.
        every: of so many frames one is taken.
        eval_clips: windows to validate and to test on, see :class:`vidgan.data.compared.ComparedClips`.
        others: those of :class:`ClipDataModule`.
    """

    scored_conditions = CONTROLS

    def __init__(self, *, classes: Sequence[str], every: int = 1, eval_clips: int = 2048, **others: Any) -> None:
        super().__init__(**others)
        if every < 1 or eval_clips < 1:
            raise UserError(f"data.every={every} and data.eval_clips={eval_clips}: expected 1 or more")
        self.classes, self.every, self.eval_clips = list(classes), every, eval_clips

    def examine(self) -> None:
        """
        Raises:
            UserError: a class has no clip to train on, or no clip is long and large enough.
        """
        super().examine()
        if empty := set(self.classes) - {_class_of(source.name) for source in self.splits.train}:
            raise UserError(f"data.classes: {self.root} holds no clips to train on in {', '.join(sorted(empty))}")
        refuse_useless([self._shrunk(source) for source in self._chosen(self.splits.train)], self.frames, self.patch)

    @cached_property
    def training(self) -> TrainingWindows:
        return self._windows(self.splits.train, self.seed)

    def evaluated(self, split: Literal["val", "test"]) -> Any:
        held_out = self._windows(self.splits.val if split == "val" else self.splits.test, 0)
        reference = self._windows(self.splits.train, 0) if self.splits.train else held_out
        return ComparedClips(reference.__getitem__, _First(held_out.__getitem__, self.eval_clips))

    def _parts(self, dataset: Any, own: Sequence[int]) -> Sequence[int]:
        return own

    def scored_sizes(self, split: Literal["val", "test"]) -> list[tuple[str, Size]]:
        return [("a clip", Size(self.frames, self.patch, self.patch))]

    def scored_piece(self) -> Clip:
        return self.blank()

    def blank(self) -> Clip:
        clip = super().blank()
        if self.classes:
            clip.conditions["label"] = torch.zeros(1, dtype=torch.int64)
        return clip

    def _windows(self, sources: Sequence[Source], seed: int) -> TrainingWindows:
        small = [self._shrunk(source) for source in self._cached(self._chosen(sources))]
        good = usable(small, self.frames, self.patch)
        return _Labelled(self.classes, good, self.frames, self.patch, self.augmentation, seed)

    def _shrunk(self, source: Source) -> Shrunk:
        return Shrunk(source, self.patch, self.every)

    def _chosen(self, sources: Sequence[Source]) -> list[Source]:
        return [source for source in sources if not self.classes or _class_of(source.name) in self.classes]


class _First:
    """The first so many of any number of clips."""

    def __init__(self, clip: Callable[[int], Clip], count: int) -> None:
        self.clip, self.count = clip, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Clip:
        return self.clip(number)


def _class_of(name: str) -> str:
    """The folder that a clip's name begins with."""
    return name.partition("/")[0]
