"""Datasets over sources: random windows to train on, named by their number, and whole clips to evaluate on."""

import logging
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from vidgan.data.augmentation import Augmentation
from vidgan.data.clip import Clip
from vidgan.data.sampling import clip_of
from vidgan.data.sources import Box, Size, Source
from vidgan.errors import UserError
from vidgan.randomness import mix
from vidgan.video.reader import BrokenFileError, Frames

logger = logging.getLogger(__name__)

_ATTEMPTS = 10


class TrainingWindows(Dataset[Clip]):
    """Sample n, for any n: a window of some clip, cropped and augmented, all of which follows from (seed, n).

    A sample whose frames turn out to be damaged is drawn again from another clip, likewise by its number.

    Args:
        sources: clips at least as long and large as the window; see :func:`usable`.
        frames: length of the window.
        patch: height and width of the window in pixels.
        augmentation: applied to the cropped window; None for none.
        seed: the experiment's seed.

    Attributes:
        damaged: (len(sources),) samples not read from each source because it is damaged, counted over all workers.
    """

    def __init__(
        self, sources: Sequence[Source], frames: int, patch: int, augmentation: Augmentation | None, seed: int
    ) -> None:
        self.sources, self.frames, self.patch = sources, frames, patch
        self.augmentation, self.seed = augmentation, seed
        self.damaged: Tensor = torch.zeros(len(sources), dtype=torch.int64).share_memory_()

    def __getitem__(self, sample: int) -> Clip:
        """
        Raises:
            UserError: ten clips in a row are damaged.
        """
        index = clip_of(sample, len(self.sources), self.seed)
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

        size = source.size
        start = draw("start", size.frames - self.frames + 1)
        top, left = draw("top", size.height - self.patch + 1), draw("left", size.width - self.patch + 1)
        frames = source.read(start, self.frames, Box(top, left, self.patch, self.patch))
        if self.augmentation:
            frames = self.augmentation(mix(self.seed, sample, "augmentation"), frames)["frames"]
        return _clip(frames, f"{source.name}#{sample}", mix(self.seed, sample, "randomness"))


class WholeClips(Dataset[Clip]):
    """Each source as one clip, its randomness fixed by its name.

    Args:
        sources: the clips.
        frames: the first frames of each are read; None for all.
        crop: the largest height and width, cut from the middle; None for whole frames.
        multiple: height and width are cut down to multiples of this, so that they divide by a network's scale.
    """

    def __init__(self, sources: Sequence[Source], frames: int | None, crop: int | None, multiple: int) -> None:
        self.sources, self.frames, self.crop, self.multiple = sources, frames, crop, multiple

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> Clip:
        """
        Raises:
            UserError: the clip is broken; the text names its file.
        """
        source = self.sources[index]
        size = source.size
        count = min(size.frames, self.frames or size.frames)
        return _clip(source.read(0, count, self._box(source, size)), source.name, mix(source.name))

    def _box(self, source: Source, size: Size) -> Box:
        height, width = (min(side, self.crop or side) // self.multiple * self.multiple for side in size[1:])
        if not height or not width:
            raise UserError(f"{source.path}: {size.width} x {size.height} pixels, at least {self.multiple} are needed")
        return Box((size.height - height) // 2, (size.width - width) // 2, height, width)


def usable(sources: Sequence[Source], frames: int, patch: int) -> list[Source]:
    """Those that can be opened and hold a window of ``frames`` frames of ``patch`` x ``patch`` pixels.

    The others are named in one warning.

    Raises:
        UserError: none is left.
    """
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
        logger.warning("%d of %d clips are skipped in training: %s", len(faults), len(sources), "; ".join(faults))
    return good


def _fault(source: Source, frames: int, patch: int) -> str | None:
    try:
        size = source.size
    except BrokenFileError as error:
        return str(error)
    if size.frames < frames:
        return f"{source.path}: {size.frames} frames, data.frames={frames} are needed"
    if min(size.height, size.width) < patch:
        return f"{source.path}: {size.width} x {size.height} pixels, less than data.patch={patch}"
    return None


def _clip(frames: Frames, name: str, randomness: int) -> Clip:
    channels_first = np.ascontiguousarray(frames.transpose(0, 3, 1, 2))
    return Clip(torch.from_numpy(channels_first)[None], [name], torch.tensor([randomness], dtype=torch.int64))
