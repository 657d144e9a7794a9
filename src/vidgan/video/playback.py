"""A video as a player shows it: every frame at its time, what is damaged bridged, interlaced fields joined on request.

Training reads by :mod:`vidgan.video.reader`, which refuses what is damaged; here as much as possible is kept.
"""

import logging
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from vidgan.video.color import ColorTags, Pixels, display_matrix, is_deep, tags_of, to_rgb
from vidgan.video.reader import (
    BrokenFileError,
    VideoIndex,
    decode_what_can_be,
    main_video,
    missing_part,
    opened,
    video_index,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TimedFrame:
    """A frame and when it is shown.

    Attributes:
        pixels: (H, W, 3) RGB, uint8, or uint16 over its whole range.
        time: seconds from the begin of the file.
        duration: seconds; None where the file does not say.
    """

    pixels: Pixels
    time: Fraction
    duration: Fraction | None = None


class Playback:
    """The frames of a video, one by one, each with its time; memory does not grow with the video.

    Frames that cannot be decoded are replaced by the one before, at their own times; those before the first that can be
    are left out. How many there were is logged at the end.

    Args:
        path: the video.
        strict: refuse a file that is cut short or damaged instead.
        deinterlace: join the fields of interlaced frames.
        keep_wide: leave primaries of BT.2020 as they are, instead of converting them to BT.709.

    Attributes:
        count: of the frames, as far as it is known before they are decoded.
        fps: frames a second, on average.
        width, height: as shown, turned upright.
        time_base: times are multiples of it; None where frames have none, and follow each other at ``fps``.
        deep: whether the samples have more than 8 bits, and the frames are uint16.
        tags: what the colors of its frames mean.
        pixel_shape: width by height of a pixel as shown; None where it is not said.
        interlaced: whether its first frame is.

    Raises:
        BrokenFileError: the file is missing, is no video, holds no frame that can be decoded, or is HDR.
    """

    def __init__(self, path: Path, strict: bool = False, deinterlace: bool = False, keep_wide: bool = False) -> None:
        self.path, self.strict, self.deinterlace, self.keep_wide = path, strict, deinterlace, keep_wide
        self._index: VideoIndex = video_index(path, strict)
        self.missing = missing_part(path)
        info = self._index.info
        self.count, self.fps, self.width, self.height = info.frames, info.fps, info.width, info.height
        with opened(path) as (container, stream):
            self.start = start_of(container)
            first = next(decode_what_can_be(container, stream))
            self.pixel_shape = _pixel_shape(stream, first)
            self.time_base = stream.time_base if first.pts is not None else None
        self.deep, self.tags, self.interlaced = is_deep(first), tags_of(first), first.interlaced_frame

    @property
    def written_tags(self) -> ColorTags:
        """Those of a video that its frames are written to."""
        return self.tags.written(self.keep_wide)

    def __iter__(self) -> Iterator[TimedFrame]:
        """
        Raises:
            BrokenFileError: a frame cannot be decoded, where ``strict`` is set; or the frames change their size.
        """
        if self.missing:
            logger.warning("%s: %s; what is there is used", self.path, self.missing)
        if self.interlaced and not self.deinterlace:
            logger.warning("%s: is interlaced; deinterlace=true joins its fields", self.path)
        with opened(self.path) as (container, stream):
            stream.thread_type = "AUTO"
            frames = decode_what_can_be(container, stream)
            if self.deinterlace and self.interlaced:
                frames = _deinterlaced(frames, stream)
            yield from self._at_their_times(frames)

    def _at_their_times(self, frames: Iterator[VideoFrame]) -> Iterator[TimedFrame]:
        # Fields that are packets of their own are no frames that are missing.
        expected = [] if self.interlaced or self._index.times is None else list(map(self._seconds, self._index.times))
        converter, before, shown, bridged = VideoReformatter(), None, 0, 0
        for frame in frames:
            now = self._time_of(frame, before)
            place = bisect_left(expected, now, lo=shown)
            if before is None:
                self._tell_lost(place)
            else:
                bridged += place - shown
                for time in expected[shown:place]:
                    yield TimedFrame(self._kept(before), time)
            shown = place + (place < len(expected) and expected[place] == now)
            before = self._shown(frame, now, converter)
            yield before
        for time in expected[shown:]:
            assert before is not None, "a frame was decoded when the video was opened"
            bridged += 1
            yield TimedFrame(self._kept(before), time)
        self._tell(bridged)

    def _kept(self, before: TimedFrame) -> Pixels:
        """The pixels of the frame before, for one that cannot be decoded.

        Raises:
            BrokenFileError: ``strict`` is set.
        """
        if self.strict:
            raise BrokenFileError(f"{self.path}: damaged after {float(before.time):.2f} s; repair it, or strict=false")
        return before.pixels

    def _shown(self, frame: VideoFrame, now: Fraction, converter: VideoReformatter) -> TimedFrame:
        pixels = to_rgb(frame, converter, self.deep, self.keep_wide)
        if pixels.shape[:2] != (self.height, self.width):
            raise BrokenFileError(
                f"{self.path}: its frames change from {self.width} x {self.height} to {pixels.shape[1]} x "
                f"{pixels.shape[0]} pixels; split it where they do"
            )
        duration = frame.duration * frame.time_base if frame.duration and frame.time_base else None
        return TimedFrame(pixels, now, duration)

    def _time_of(self, frame: VideoFrame, before: TimedFrame | None) -> Fraction:
        """Times go up, whatever the file says."""
        least = Fraction(0) if before is None else before.time + (self.time_base or 1 / self.fps)
        if frame.pts is None or frame.time_base is None:
            return Fraction(0) if before is None else before.time + 1 / self.fps
        return max(least, frame.pts * frame.time_base - self.start)

    def _seconds(self, pts: int) -> Fraction:
        assert self.time_base is not None, "there are times"
        return pts * self.time_base - self.start

    def _tell(self, bridged: int) -> None:
        if bridged:
            told = "%s: %d frames cannot be decoded; each is the one before it; strict=true refuses such files"
            logger.warning(told, self.path, bridged)

    def _tell_lost(self, lost: int) -> None:
        if lost and self.strict:
            raise BrokenFileError(f"{self.path}: its first {lost} frames cannot be decoded; repair it, or strict=false")
        if lost:
            logger.warning("%s: its first %d frames cannot be decoded and are left out", self.path, lost)


def start_of(container: InputContainer) -> Fraction:
    """The time that a player counts from: that of the first packet of picture or sound, in seconds.

    It is rounded down to a multiple of the video's time base, which keeps the times of frames exact.
    """
    video = main_video(container)
    starts = [
        stream.start_time * stream.time_base
        for stream in (video, *container.streams.audio)
        if stream.start_time is not None and stream.time_base
    ]
    if not starts or not video.time_base:
        return Fraction(0)
    return min(starts) // video.time_base * video.time_base


def _pixel_shape(stream: VideoStream, frame: VideoFrame) -> Fraction | None:
    shape = stream.sample_aspect_ratio
    if not shape or display_matrix(frame)[0]:
        return shape or None
    return 1 / shape


def _deinterlaced(frames: Iterator[VideoFrame], stream: VideoStream) -> Iterator[VideoFrame]:
    """Each interlaced frame with its fields joined, at its own time."""
    graph = Graph()
    graph.link_nodes(
        graph.add_buffer(template=stream),
        graph.add("bwdif", "mode=send_frame:deint=interlaced"),
        graph.add("buffersink"),
    ).configure()
    for frame in frames:
        graph.vpush(frame)
        yield from _pulled(graph)
    graph.vpush(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
