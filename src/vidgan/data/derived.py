"""Sources made of other sources: an excerpt, one channel, and a clip with others that are aligned with it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import cv2
import numpy as np

from vidgan.data.sources import Box, FileSource, Size, Source
from vidgan.video.reader import BrokenFileError, Frames


class MisalignedError(BrokenFileError):
    """Two clips can be read, and do not belong together."""


class Excerpt(Source):
    """Frames ``start`` to ``stop`` of another source, and of what is aligned with it."""

    def __init__(self, source: Source, start: int, stop: int) -> None:
        super().__init__(f"{source.name}[{start}:{stop}]", source.path)
        self.source, self.start, self.stop = source, start, stop

    @property
    def size(self) -> Size:
        return self.source.size._replace(frames=self.stop - self.start)

    @property
    def others(self) -> Mapping[str, Source]:
        return {name: Excerpt(other, self.start, self.stop) for name, other in self.source.others.items()}

    @property
    def scales(self) -> Mapping[str, int]:
        return self.source.scales

    @property
    def numbers(self) -> Mapping[str, float]:
        return self.source.numbers

    @property
    def channels(self) -> int:
        return self.source.channels

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        return self.source.read(self.start + start, count, box)


class Grey(Source):
    """Another source in one channel, its luminance (BT.601): of a mask, say, whose three are the same."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.name, source.path)
        self.source = source

    @property
    def channels(self) -> int:
        return 1

    @property
    def size(self) -> Size:
        return self.source.size

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        frames = self.source.read(start, count, box)
        grey = cv2.cvtColor(frames.reshape(-1, *frames.shape[2:]), cv2.COLOR_RGB2GRAY)  # it takes one picture
        return grey.astype(np.uint8, copy=False).reshape(*frames.shape[:3], 1)


class Aligned(Source):
    """A clip with others that show the same, pixel by pixel: its low resolution, a mask, a depth map.

    Args:
        source: the clip.
        others: by name; each has as many frames as the clip, whose height and width are a whole number of times its
            own: 1 for a mask, 4 for a low resolution of x4.
        numbers: what is known of the clip beside.
    """

    def __init__(
        self, source: Source, others: Mapping[str, Source], numbers: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(source.name, source.path)
        self.source, self._others, self._numbers = source, dict(others), dict(numbers or {})

    @property
    def size(self) -> Size:
        """
        Raises:
            BrokenFileError: a clip cannot be read, or they do not belong together.
        """
        self.scales  # noqa: B018 - looks whether they belong together
        return self.source.size

    @property
    def others(self) -> Mapping[str, Source]:
        return self._others

    @property
    def numbers(self) -> Mapping[str, float]:
        return self._numbers

    @cached_property
    def scales(self) -> Mapping[str, int]:
        """
        Raises:
            BrokenFileError: a clip cannot be read.
            MisalignedError: they do not belong together.
        """
        return {name: self._scale(name, other) for name, other in self._others.items()}

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        return self.source.read(start, count, box)

    def _scale(self, name: str, other: Source) -> int:
        whole, own = self.source.size, other.size
        scale = whole.height // own.height
        if whole != (own.frames, own.height * scale, own.width * scale):
            raise MisalignedError(
                f"{other.path}: {_extent(own)} are not aligned with {self.path}, {_extent(whole)}; {name} must have as "
                "many frames as the clip, and go into them a whole number of times"
            )
        return scale


def files(source: Source) -> list[FileSource]:
    """The files that a source is made of."""
    if isinstance(source, Aligned):
        return [*files(source.source), *(file for other in source.others.values() for file in files(other))]
    if isinstance(source, Excerpt | Grey):
        return files(source.source)
    assert isinstance(source, FileSource)
    return [source]


def differently_aligned(sources: Iterable[Source]) -> Iterator[tuple[Source, str]]:
    """The clips with which others are not aligned as with most clips, each with what is wrong, one sentence.

    Clips that cannot be read are passed over.
    """
    readable: dict[Source, Mapping[str, int]] = {}
    for source in sources:
        try:
            readable[source] = source.scales
        except MisalignedError as error:
            yield source, str(error)
        except (BrokenFileError, OSError):
            pass
    kinds = Counter(tuple(scales.items()) for scales in readable.values())
    for usual, _ in kinds.most_common(1):
        like = next(source for source, scales in readable.items() if tuple(scales.items()) == usual)
        for source, scales in readable.items():
            for (name, scale), (_, expected) in zip(scales.items(), usual, strict=True):
                if scale != expected:
                    fault = f"{name} goes into it {scale} times, and into {like.path} {expected} times"
                    yield source, f"{source.path}: {fault}; it must be the same for all clips"


def _extent(size: Size) -> str:
    return f"{size.frames} frames of {size.width} x {size.height} pixels"
