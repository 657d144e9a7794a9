"""Clips to train on that a codec has coded as a whole, once, before the first window is cut from them.

Of a window that is coded by itself the first frame is a key frame, and the encoder looks ahead no farther than to its
end: it would be coarser at the same rate factor than the same frames are in a video.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import numpy as np

from vidgan.data.derived import Aligned, Excerpt
from vidgan.data.folder import Folder
from vidgan.data.sources import Box, Facts, FileSource, Source
from vidgan.data.splits import Splits
from vidgan.errors import UserError
from vidgan.video.coding import Coding, recoded
from vidgan.video.reader import Frames


class CodedFile(FileSource):
    """A clip as a codec leaves it; the cache holds it decoded, else it is coded anew each time that it is read.

    Args:
        source: the clip.
        level: constant rate factor or quantizer.
        how: codec and settings.
    """

    def __init__(self, source: FileSource, level: int, how: Coding) -> None:
        super().__init__(source.name, source.path)
        self.source, self.level, self.how = source, level, how

    @property
    def place(self) -> Path:
        place = self.source.place
        return place.with_name(f"{place.name}.{self.how.codec}-{self.level}")

    @property
    def most_frames(self) -> int:
        return self.source.most_frames

    def probe(self) -> Facts:
        return Facts(self.source.size)

    def stream(self) -> Iterator[Frames]:
        return (frame for frame, _ in recoded(self.source.stream(), self.level, self.how))

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        frames = np.stack(list(islice(self.stream(), start, start + count)))
        return np.ascontiguousarray(box.cut(frames)) if box else frames

    def identity(self, here: bool = False) -> list[str]:
        return [*self.source.identity(here), f"{self.how} at {self.level}", str(av.library_versions["libavcodec"])]


class CodedFolder(Folder):
    """One's own clips; those that train come with what a codec leaves of them, ``coded``, and its rate factor, ``crf``.

    Args:
        levels: constant rate factors, or quantizers; each clip is coded at all of them.
        codec, preset, tune, keyframes, constant: see :class:`vidgan.video.coding.Coding`.

    Raises:
        UserError: there is no such codec or setting, or a level is none of the codec's.
    """

    def __init__(
        self,
        levels: Sequence[int],
        codec: str = "h264",
        preset: str | None = None,
        tune: str | None = None,
        keyframes: int | None = None,
        constant: str = "crf",
    ) -> None:
        self.how, self.levels = Coding(codec, preset, tune, keyframes, constant), list(levels)
        largest = self.how.scale.largest
        if not self.levels or not all(level in range(largest + 1) for level in self.levels):
            raise UserError(
                f"data.layout.levels={self.levels}: expected whole numbers from 0 to {largest}, as {codec} has."
            )

    def published(self, root: Path) -> Splits:
        splits = super().published(root)
        train = [self._with_coded(source, level) for source in splits.train for level in self.levels]
        return replace(splits, train=train)

    def _with_coded(self, source: Source, level: int) -> Source:
        """A clip with what is left of it at a level; of an excerpt, with the same frames of that."""
        if isinstance(source, Excerpt):
            return Excerpt(self._with_coded(source.source, level), source.start, source.stop)
        assert isinstance(source, FileSource), "a folder holds files"
        return Aligned(source, {"coded": CodedFile(source, level, self.how)}, {"crf": float(level)})
