"""Datasets over sources: random windows to train on, named by their number, and whole clips to evaluate on."""

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from vidgan.data.augmentation import Augmentation
from vidgan.data.clip import Clip, Piece
from vidgan.data.derived import files
from vidgan.data.sampling import clip_of, weighted
from vidgan.data.sources import Box, Size, Source
from vidgan.errors import UserError
from vidgan.randomness import mix
from vidgan.video.reader import BrokenFileError, Frames

logger = logging.getLogger(__name__)

_ATTEMPTS = 10
_SHOWN = 5  # faults in one message
_PIXELS = 1 << 23  # of a piece: 16 frames of 960 x 540, 9 of 1280 x 720
_LOOKED_AT = 500  # clips, before any is scored
_FRAMES = 8  # of a piece at least: noise is estimated from so many


class TrainingWindows(Dataset[Clip]):
    """Sample n, for any n: a window of some clip, cropped and augmented, all of which follows from (seed, n).

    A sample whose frames turn out to be damaged is drawn again from another clip, likewise by its number.

    Args:
        sources: clips at least as long and large as the window; see :func:`usable`.
        frames: length of the window.
        patch: height and width of the window in pixels.
        augmentation: applied to the cropped window; None for none.
        seed: the experiment's seed.
        weights: how often each source is drawn beside the others, by name; none for every one once an epoch.

    Attributes:
        damaged: (len(sources),) samples not read from each source because it is damaged, counted over all workers.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        frames: int,
        patch: int,
        augmentation: Augmentation | None,
        seed: int,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self.sources, self.frames, self.patch = sources, frames, patch
        self.augmentation, self.seed = augmentation, seed
        self._bounds = list(accumulate(weights[source.name] for source in sources)) if weights else None
        self.damaged: Tensor = torch.zeros(len(sources), dtype=torch.int64)
        with suppress(RuntimeError):  # where there is no shared memory, workers tell of it and one process needs none
            self.damaged.share_memory_()

    def __getitem__(self, sample: int) -> Clip:
        """
        Raises:
            UserError: ten clips in a row are damaged.
        """
        clip = self._sample(sample, self._source_of(sample))
        mixing, seed = self.augmentation and self.augmentation.mixing, mix(self.seed, sample, "mixing")
        if not mixing or not mixing.mixes(seed):
            return clip
        partner = -1 - sample  # a number that no sample has
        return mixing(seed, clip, self._sample(partner, self._source_of(partner)))

    def _source_of(self, sample: int) -> int:
        if self._bounds is None:
            return clip_of(sample, len(self.sources), self.seed)
        return weighted(self._bounds, mix(self.seed, sample, "clip"))

    def _sample(self, sample: int, index: int) -> Clip:
        for attempt in range(_ATTEMPTS):
            try:
                return self._window(self.sources[index], sample)
            except BrokenFileError as error:
                if not self.damaged[index]:
                    logger.warning("skipped in training: %s", error)
                self.damaged[index] += 1
                index = mix(self.seed, sample, "attempt", attempt) % len(self.sources)
        raise UserError(f"{self.sources[index].path}: the last of {_ATTEMPTS} clips in a row that are damaged")

    def _window(self, source: Source, sample: int) -> Clip:
        def draw(what: str, choices: int) -> int:
            return mix(self.seed, sample, what) % choices

        size, step = source.size, _step(source)
        start = draw("start", size.frames - self.frames + 1)
        top, left = (
            draw(what, (side - self.patch) // step + 1) * step
            for what, side in (("top", size.height), ("left", size.width))
        )
        box = Box(top, left, self.patch, self.patch)
        name, seed = f"{source.name}#{sample}", mix(self.seed, sample, "randomness")
        return _clip(source, start, self.frames, box, name, seed, self._augmented(sample))

    def _augmented(self, sample: int) -> Callable[[Frames], Frames]:
        """What happens to the frames of a sample: the same each time it is called."""
        augmentation = self.augmentation
        if augmentation is None:
            return lambda frames: frames
        return lambda frames: augmentation(mix(self.seed, sample, "augmentation"), frames)


class Stretch(NamedTuple):
    """Frames ``first`` to ``last`` (exclusive) of the clip of that number, with up to ``context`` on either side."""

    clip: int
    first: int
    last: int
    context: int


class WholeClips(Dataset[Clip]):
    """Each source as one clip, or piece by piece, its randomness fixed by its name.

    Args:
        sources: the clips.
        frames: the first frames of each are read; None for all.
        crop: the largest height and width, cut from the middle; None for whole frames.
        multiple: height and width are cut down to multiples of this, so that they divide by a network's scale.

    Raises:
        UserError: there are no clips.
    """

    def __init__(self, sources: Sequence[Source], frames: int | None, crop: int | None, multiple: int) -> None:
        if not sources:
            raise UserError("the data set has no clip to evaluate on; choose another one by data=<name>")
        self.sources, self.frames, self.crop, self.multiple = sources, frames, crop, multiple

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int | Stretch) -> Clip:
        """
        Raises:
            UserError: the clip is broken; the text names its file.
        """
        if isinstance(index, Stretch):
            return self._piece(index)
        return self._read(index, 0, self._count(index))

    def stretches(self, index: int, context: int) -> Iterator[Stretch]:
        """A clip in pieces of about ``_PIXELS`` pixels, and ``_FRAMES`` frames at least.

        Raises:
            UserError: the clip is broken; the text names its file.
        """
        total, box = self._count(index), self._box(self.sources[index])
        length = max(_FRAMES, _PIXELS // (box.height * box.width))
        for first in range(0, total, length):
            yield Stretch(index, first, min(first + length, total), context)

    def sizes(self) -> list[tuple[str, Size]]:
        """Names of the first clips, and what of each is read.

        Raises:
            UserError: one of these clips is broken; the text names its file.
        """
        indices = range(len(self.sources))[:_LOOKED_AT]
        boxes = [self._box(self.sources[index]) for index in indices]
        return [
            (self.sources[index].name, Size(self._count(index), box.height, box.width))
            for index, box in zip(indices, boxes, strict=True)
        ]

    def largest(self, context: int | None) -> Clip:
        """A piece as large as any of the first clips' (whole clips without a context), blank, on the meta device.

        Raises:
            UserError: one of these clips is broken; the text names its file.
        """
        pieces = []
        for index, source in list(enumerate(self.sources))[:_LOOKED_AT]:
            total, box = self._count(index), self._box(source)
            whole = [Stretch(index, 0, total, 0)]
            for stretch in whole if context is None else self.stretches(index, context):
                place, count = self._place(stretch)
                pieces.append((Size(count, box.height, box.width), place, source))
        size, place, source = max(pieces, key=lambda piece: math.prod(piece[0]))
        return replace(blank(size, source, "meta"), piece=place)

    def _piece(self, stretch: Stretch) -> Clip:
        place, count = self._place(stretch)
        clip = self._read(stretch.clip, place.start, count)
        clip.piece = place
        return clip

    def _place(self, stretch: Stretch) -> tuple[Piece, int]:
        """Which frames of its clip a stretch is, and how many are read for it."""
        index, first, last, context = stretch
        total, start = self._count(index), max(0, first - context)
        return Piece(start, first, last, total), min(last + context, total) - start

    def _read(self, index: int, start: int, count: int) -> Clip:
        source = self.sources[index]
        return _clip(source, start, count, self._box(source), source.name, mix(source.name))

    def _count(self, index: int) -> int:
        frames = self.sources[index].size.frames
        return min(frames, self.frames or frames)

    def _box(self, source: Source) -> Box:
        size, step = source.size, _step(source)
        multiple = math.lcm(self.multiple, step)
        height, width = (min(side, self.crop or side) // multiple * multiple for side in size[1:])
        if not height or not width:
            raise UserError(f"{source.path}: {size.width} x {size.height} pixels, at least {multiple} are needed")
        top, left = (size.height - height) // 2, (size.width - width) // 2
        return Box(top - top % step, left - left % step, height, width)


class Stretches:
    """The keys of the clips of these numbers, piece by piece; a clip is opened when its turn comes.

    Args:
        dataset: the clips.
        own: numbers of those that this rank scores.
        context: frames on either side that a piece is seen with.
    """

    def __init__(self, dataset: WholeClips, own: Sequence[int], context: int) -> None:
        self.dataset, self.own, self.context = dataset, own, context

    def __iter__(self) -> Iterator[Stretch]:
        for index in self.own:
            yield from self.dataset.stretches(index, self.context)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def blank(size: Size, source: Source | None = None, device: str = "cpu") -> Clip:
    """A batch of one clip of that size with nothing in it, and with what is aligned with the frames of ``source``.

    Raises:
        BrokenFileError: what is aligned cannot be read, or does not belong to the source.
    """

    def nothing(channels: int, scale: int) -> Tensor:
        return torch.zeros(1, size.frames, channels, size.height // scale, size.width // scale, device=device)

    conditions = {}
    if source is not None:
        conditions = {name: nothing(other.channels, source.scales[name]) for name, other in source.others.items()}
    numbers = {} if source is None else {name: torch.zeros(1, device=device) for name in source.numbers}
    seeds, aligned = torch.zeros(1, dtype=torch.int64), frozenset(conditions)
    return Clip(nothing(3, 1), ["blank"], seeds, conditions={**conditions, **numbers}, aligned=aligned)


def usable(sources: Sequence[Source], frames: int, patch: int) -> list[Source]:
    """Those that can be opened and hold a window of ``frames`` frames of ``patch`` x ``patch`` pixels.

    The others are named in one warning.

    Raises:
        UserError: none is left.
    """
    if not sources:
        raise UserError("the data set has no clip to train on, it is for tests; choose another one by data=<name>")
    good: list[Source] = []
    faults: list[str] = []
    for source in sources:
        fault = _fault(source, frames, patch)
        if fault is None:
            good.append(source)
        else:
            faults.append(fault)
    if not good:
        raise UserError(f"none of {len(faults)} clips can be trained on; the first: {faults[0]}")
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        shown = "; ".join(faults[:_SHOWN])
        logger.warning("%d of %d clips are skipped in training: %s%s", len(faults), len(sources), shown, more)
    return good


def refuse_useless(sources: Sequence[Source], frames: int, patch: int) -> None:
    """Refuses what :func:`usable` would; looks no further than to the first source that will do.

    Raises:
        UserError: there is none.
    """
    if all(_fault(source, frames, patch) is not None for source in sources):
        usable(sources, frames, patch)


def refuse_missing(sources: Sequence[Source]) -> None:
    """
    Raises:
        UserError: a source is not there.
    """
    for file in (file for source in sources for file in files(source)):
        if not file.path.exists():
            raise UserError(f"{file.path}: is missing and would be scored; see vidgan-data check, or choose other data")


def _fault(source: Source, frames: int, patch: int) -> str | None:
    try:
        size = source.size
    except BrokenFileError as error:
        return str(error)
    if size.frames < frames:
        return f"{source.path}: {size.frames} frames, data.frames={frames} are needed"
    if min(size.height, size.width) < patch:
        return f"{source.path}: {size.width} x {size.height} pixels, less than data.patch={patch}"
    for name, scale in source.scales.items():
        if patch % scale:
            return f"{source.path}: {name} is {scale} times smaller, and data.patch={patch} does not divide by that"
    return None


def _step(source: Source) -> int:
    """What offsets and sides must divide by so that they fall on pixels of all that is aligned, too."""
    return math.lcm(*source.scales.values())


def _clip(
    source: Source,
    start: int,
    count: int,
    box: Box,
    name: str,
    seed: int,
    change: Callable[[Frames], Frames] = lambda frames: frames,
) -> Clip:
    """A window of a source as a batch of one, with the same window of what is aligned with it as conditions."""
    conditions = {
        other_name: _tensor(change(other.read(start, count, box.shrunk(source.scales[other_name]))))
        for other_name, other in source.others.items()
    }
    frames, seeds = _tensor(change(source.read(start, count, box))), torch.tensor([seed], dtype=torch.int64)
    numbers = {key: torch.tensor([value]) for key, value in source.numbers.items()}
    return Clip(frames, [name], seeds, conditions={**conditions, **numbers}, aligned=frozenset(conditions))


def _tensor(frames: Frames) -> Tensor:
    """(T, H, W, C) to (1, T, C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2)))[None]
