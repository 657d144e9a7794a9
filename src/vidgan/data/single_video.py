"""One video: all that there is to learn from. It trains and is scored on, at a size that is worked at."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from vidgan.data.clip import Clip
from vidgan.data.datamodule import DataModule, Loading
from vidgan.data.discovery import discover
from vidgan.data.sources import FileSource
from vidgan.errors import UserError
from vidgan.ops.resize import resize
from vidgan.randomness import mix

_AT_ONCE = 16  # frames in the size of the file
_RATE = Fraction(25)  # of a folder of pictures


@dataclass(frozen=True)
class WorkedVideo:
    """A video as it is worked with: no higher than asked for, and no longer.

    Args:
        source: where its frames are.
        height: of the frames, at most; the width follows from it. Both are even.
        num_frames: the first so many; None for all.
    """

    source: FileSource
    height: int
    num_frames: int | None = None

    @classmethod
    def at(cls, path: Path, height: int, num_frames: int | None = None, key: str = "data.root") -> "WorkedVideo":
        """
        Args:
            path: of a video, zipped frames or a folder of frames.
            height, num_frames: as of the class.
            key: what names the path, for messages.

        Raises:
            UserError: there is none, or there are several.
        """
        found = discover(path)
        if len(found) > 1:
            raise UserError(f"{key}={path}: holds {len(found)} clips; name one of them, e.g. {key}={found[0].path}.")
        return cls(found[0], height, num_frames)

    def __len__(self) -> int:
        return min(self.source.size.frames, self.num_frames or self.source.size.frames)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        _, height, width = self.source.size
        share = min(1, self.height / height)
        return max(2, 2 * round(height * share / 2)), max(2, 2 * round(width * share / 2))

    @property
    def fps(self) -> Fraction:
        video = self.source.facts.video
        return _RATE if video is None else video.info.fps

    def read(self, start: int, count: int) -> Tensor:
        """Frames ``start`` to ``start + count``, (count, 3, height, width) uint8."""
        parts = []
        for first in range(start, start + count, _AT_ONCE):
            frames = self.source.read(first, min(_AT_ONCE, start + count - first))
            pixels = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)
            parts.append(pixels if pixels.shape[-2:] == self.size else _resized(pixels, self.size))
        return torch.cat(parts)


def _resized(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    return resize(pixels.float(), size).round().clamp(0, 255).byte()


class SingleVideoWindows(Dataset[Clip]):
    """Sample n, for any n: a window of the video that follows from (seed, n); nothing of it is ever mirrored."""

    def __init__(self, video: Tensor, name: str, frames: int, patch: int, seed: int) -> None:
        self.video, self.name, self.frames, self.patch, self.seed = video, name, frames, patch, seed

    def __getitem__(self, number: int) -> Clip:
        total, _, height, width = self.video.shape
        start, top, left = (
            mix(self.seed, number, what) % (there - wanted + 1)
            for what, there, wanted in (
                ("start", total, self.frames),
                ("top", height, self.patch),
                ("left", width, self.patch),
            )
        )
        window = self.video[start : start + self.frames, :, top : top + self.patch, left : left + self.patch]
        seeds = torch.tensor([mix(self.seed, number, "randomness")], dtype=torch.int64)
        return Clip(window[None].clone(), [f"{self.name}#{number}"], seeds)


class WholeVideo(Dataset[Clip]):
    """The video as one clip."""

    def __init__(self, video: Tensor, name: str) -> None:
        self.video, self.name = video, name

    def __len__(self) -> int:
        return 1

    def __getitem__(self, number: int) -> Clip:
        return Clip(self.video[None].clone(), [self.name], torch.tensor([mix(self.name)], dtype=torch.int64))


class SingleVideoData(DataModule):
    """Windows of one video train; all of it is scored, for what is made of it is compared with it and nothing else.

    Its frames, at the height that is worked at, are held in memory.

    Args:
        root: a video, zipped frames or a folder of frames.
        batch_size: windows in an iteration, over all devices.
        frames: of a window.
        patch: height and width of a window in pixels.
        height: of the frames that are worked with, at most; the width follows.
        num_frames: the first so many of the video; None for all.
        eval_frames: the first so many of these are scored; None for all.
        seed: what is sampled follows from it and from the number of the sample.
        loading: the machine's half.
    """

    def __init__(
        self,
        root: str,
        batch_size: int,
        frames: int = 5,
        patch: int = 64,
        height: int = 128,
        num_frames: int | None = None,
        eval_frames: int | None = None,
        seed: int = 0,
        loading: Loading | None = None,
    ) -> None:
        super().__init__(batch_size, loading)
        self.root, self.frames, self.patch, self.height = Path(root), frames, patch, height
        self.num_frames, self.eval_frames, self.seed = num_frames, eval_frames, seed

    @cached_property
    def source(self) -> WorkedVideo:
        return WorkedVideo.at(self.root, self.height, self.num_frames)

    @cached_property
    def video(self) -> Tensor:
        """(T, 3, H, W) uint8."""
        return self.source.read(0, len(self.source))

    def prepare_data(self) -> None:
        self.examine()

    def examine(self) -> None:
        """
        Raises:
            UserError: the video is too short or too small for a window.
        """
        count, (height, width) = len(self.source), self.source.size
        if count < self.frames:
            raise UserError(
                f"data.root={self.root}: {count} frames are too few to train on, data.frames={self.frames} are needed "
                "in a row; give a longer video, or set data.frames lower."
            )
        if min(height, width) < self.patch:
            raise UserError(
                f"data.root={self.root}: it is worked with at {width}x{height} pixels, less than data.patch="
                f"{self.patch}; set data.patch lower, or data.height higher."
            )

    @cached_property
    def training(self) -> SingleVideoWindows:
        return SingleVideoWindows(self.video, self.source.source.name, self.frames, self.patch, self.seed)

    def evaluated(self, split: Literal["val", "test"]) -> WholeVideo:
        counts = [count for count in (self.eval_frames, self.scored_frames) if count is not None]
        return WholeVideo(self.video[: min(counts, default=None)], self.source.source.name)

    def blank(self) -> Clip:
        return Clip(
            torch.zeros(1, self.frames, 3, self.patch, self.patch), ["blank"], torch.zeros(1, dtype=torch.int64)
        )

    def described(self) -> list[str]:
        height, width = self.source.size
        return [f"train: {len(self.source)} frames of {self.root}, at {width}x{height}; the same are scored"]
