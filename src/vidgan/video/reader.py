"""Videos to RGB frames with PyAV: what a file holds, any window of it to the exact frame, or all of it as a stream."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from vidgan.errors import UserError
from vidgan.video.color import HDR, to_rgb

Frames = NDArray[np.uint8]

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".y4m", ".wmv"})

_UNKNOWN_RATE = Fraction(25)  # of streams that do not say, e.g. of a single frame


# FFmpeg's names of those that hold their frames themselves.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegvideo,mpegts,yuv4mpegpipe,asf,flv,ogg,h264,hevc,mxf,nut,ivf"
)
#: Of one frame or picture, Pillow's own limit: more than 12K video has, and a quarter of a gigabyte decoded.
MOST_PIXELS = 89_478_485


class BrokenFileError(UserError):
    """A file of images or video that cannot be read, or holds less than it promises; the text names it."""


@dataclass(frozen=True)
class VideoInfo:
    """What a video holds.

    Attributes:
        frames: as counted, not as promised.
        fps: frames a second, on average where the rate varies.
        width, height: as shown, turned upright.
        has_audio: whether there is sound.
    """

    frames: int
    fps: Fraction
    width: int
    height: int
    has_audio: bool


@dataclass(frozen=True)
class VideoIndex:
    """All that is needed to decode any window of a video.

    Attributes:
        info: what it holds.
        times: time stamps of all frames in the order shown, in the stream's time base; None where packets carry no
            usable presentation times: such files are decoded from their start.
        keys: ``(pts, dts)`` of the key frames.
    """

    info: VideoInfo
    times: tuple[int, ...] | None
    keys: tuple[tuple[int, int], ...]


def refuse_large(name: str | Path, width: int, height: int) -> None:
    """
    Raises:
        BrokenFileError: no frame of that size is decoded; the text says ``name``.
    """
    if width * height > MOST_PIXELS:
        raise BrokenFileError(
            f"{name}: has {width} x {height} pixels, more than the {MOST_PIXELS:,} that are decoded; cut it into parts"
        )


def probe(path: Path) -> VideoInfo:
    """Size, rate and exact number of frames, found without decoding more than the first frame.

    Raises:
        BrokenFileError: the file is missing, is no video, or holds no frame.
    """
    return video_index(path).info


def video_index(path: Path, strict: bool = True) -> VideoIndex:
    """
    Args:
        path: the video.
        strict: refuse a file that holds less than it promises, or whose first frame is damaged.

    Raises:
        BrokenFileError: as for :func:`probe`.
    """
    return _index_of(path, _identity(path), strict)[0]


def missing_part(path: Path) -> str | None:
    """What a video holds of what it promises, where that is less: ``holds 6 of 24 frames``.

    Raises:
        BrokenFileError: as for :func:`probe`, but for that.
    """
    return _index_of(path, _identity(path), strict=False)[1]


def read_clip(path: Path, start: int, count: int, index: VideoIndex | None = None) -> Frames:
    """Frames ``start`` to ``start + count``, the same as a decode of the whole file gives.

    Args:
        path: the video.
        start, count: the window.
        index: that of the file as it is now; None finds it.

    Returns:
        (count, H, W, 3) uint8 RGB.

    Raises:
        BrokenFileError: a frame cannot be decoded, or the file ends before the window does.
    """
    index = index or video_index(path)
    with opened(path) as (container, stream):
        stream.thread_type = "NONE"  # a short window ends before frame threads have warmed up
        frames = [_to_rgb(frame) for frame in islice(_decode_from(container, stream, index, start), count)]
    if len(frames) < count:
        raise _cut_short(path, start + len(frames), index.info.frames)
    for frame in frames:
        _refuse_other_size(path, frame, index.info)
    return np.stack(frames)


def may_be_index_of(path: Path, index: VideoIndex) -> bool:
    """Whether an index agrees with the size and the first key frame of a file; no frame is decoded.

    Raises:
        BrokenFileError: as for :func:`probe`.
    """
    with opened(path) as (container, stream):
        if {stream.width, stream.height} != {index.info.width, index.info.height}:  # it may be turned
            return False
        first = next((packet for packet in container.demux(stream) if packet.size and not packet.is_discard), None)
        if first is None or not first.is_keyframe or first.pts is None or first.dts is None:
            return True
        return (first.pts, first.dts) in index.keys


def iterate(path: Path) -> Iterator[Frames]:
    """All frames in the order shown, each (H, W, 3) uint8 RGB; memory does not grow with the video.

    Raises:
        BrokenFileError: the file is missing, is no video, or a frame cannot be decoded.
    """
    converter, count, info = VideoReformatter(), 0, probe(path)
    with opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        for frame in _decode(container, stream):
            rgb = _to_rgb(frame, converter)
            _refuse_other_size(path, rgb, info)
            yield rgb
            count += 1
    if count < info.frames:
        raise _cut_short(path, count, info.frames)


def open_container(path: Path) -> InputContainer:
    """The file itself, whatever it is named: no list of other files or addresses, which FFmpeg would follow."""
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
    # From the root on, as FFmpeg takes what stands before a colon for a protocol.
    return av.open(str(path.absolute()), options=options, metadata_errors="replace")


def main_video(container: InputContainer) -> VideoStream:
    """The first video stream that is no cover picture, or else the first."""
    streams = container.streams.video
    return next((stream for stream in streams if not stream.disposition & Disposition.attached_pic), streams[0])


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its first video stream; FFmpeg's errors inside the block become BrokenFileError."""
    if not path.is_file():
        raise BrokenFileError(f"{path}: there is no such video file")
    try:
        with open_container(path) as container:
            if not container.streams.video:
                raise BrokenFileError(f"{path}: holds no video stream")
            stream = main_video(container)
            refuse_large(path, stream.width, stream.height)
            # The stream may say otherwise than its container.
            stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
            yield container, stream
    except av.error.FFmpegError as error:
        raise BrokenFileError(f"{path}: cannot be read as video ({error.strerror}); repair or remove it") from error


@lru_cache(maxsize=4096)
def _index_of(path: Path, identity: tuple[int, int] | None, strict: bool) -> tuple[VideoIndex, str | None]:
    """One pass over the packets, without decoding; ``identity`` renews the entry of a file that has changed.

    What an edit list leaves out is there, though it is not shown.
    """
    with opened(path) as (container, stream):
        # Only the numbers: a list of the packets would hold the whole file.
        packets = [
            (packet.pts, packet.dts, packet.is_keyframe, packet.is_discard)
            for packet in container.demux(stream)
            if packet.size
        ]
        times = sorted({pts for pts, _, _, is_discard in packets if pts is not None and not is_discard})
        missing = _shortfall(stream, len(packets), times)
        if strict and missing:
            raise BrokenFileError(f"{path}: {missing}; copy or download it again")
        rate = _rate(stream, times)
        has_audio = bool(container.streams.audio)
    with opened(path) as (container, stream):
        first = next(_decode(container, stream) if strict else decode_what_can_be(container, stream), None)
    if first is None:
        raise BrokenFileError(f"{path}: holds no frame that can be decoded; repair or remove it")
    height, width = to_rgb(first).shape[:2]
    shown = [(pts, dts, is_key) for pts, dts, is_key, is_discard in packets if not is_discard]
    keys = sorted((pts, dts) for pts, dts, is_key in shown if is_key and pts is not None and dts is not None)
    index = VideoIndex(
        VideoInfo(len(shown), rate, width, height, has_audio),
        tuple(times) if keys and len(times) == len(shown) else None,
        tuple(keys),
    )
    return index, missing


def _identity(path: Path) -> tuple[int, int] | None:
    status = path.stat() if path.is_file() else None
    return (status.st_size, status.st_mtime_ns) if status else None


def _shortfall(stream: VideoStream, count: int, times: list[int]) -> str | None:
    """What a file holds of what it promises, where that is less; MP4 promises a number of frames, Matroska a duration.

    Args:
        stream: its video.
        count: of the frames that are there.
        times: at which they are shown, in order.
    """
    if count < stream.frames:
        return f"holds {count} of {stream.frames} frames"
    promised = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    if promised and times and stream.time_base:
        hours, minutes, seconds = map(float, promised.groups())
        end, whole = float(times[-1] * stream.time_base), 3600 * hours + 60 * minutes + seconds
        if end + 1 < whole:
            return f"ends at {end:.1f} s of {whole:.1f} s"
    return None


def _rate(stream: VideoStream, times: list[int]) -> Fraction:
    """Frames a second, on the average where some frame is shown more than half as long again as another."""
    steps = [later - earlier for earlier, later in pairwise(times)]
    if steps and stream.time_base and 2 * max(steps) > 3 * min(steps):
        # Not the stream's own rate: some containers name that of the shortest frame.
        return (len(steps) / ((times[-1] - times[0]) * stream.time_base)).limit_denominator(1001)
    return stream.average_rate or stream.guessed_rate or _UNKNOWN_RATE


def _decode_from(container: InputContainer, stream: VideoStream, index: VideoIndex, start: int) -> Iterator[VideoFrame]:
    """Frames from number ``start`` on, decoded from the last key frame that is shown no later."""
    if index.times is None or start >= len(index.times):
        yield from islice(_decode(container, stream), start, None)
        return
    target = index.times[start]
    # Leading frames of an open group of pictures are shown before their key frame: only one shown by then will do.
    dts = max((key for key in index.keys if key[0] <= target), default=index.keys[0])[1]
    container.seek(dts, stream=stream, backward=True)
    for frame in _decode(container, stream):
        if frame.pts is not None and frame.pts >= target:
            yield frame


def _decode(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Decoded frames; one that the decoder had to paint over, and from which others are predicted, is an error."""
    for frame in container.decode(stream):
        if frame.is_corrupt:
            raise BrokenFileError(f"{container.name}: damaged at {frame.time or 0:.2f} s; repair or remove it")
        refuse_hdr(container.name, frame)
        yield frame


def decode_what_can_be(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Decoded frames; packets that are damaged, and what cannot be read after them, are passed over.

    Raises:
        BrokenFileError: the frames are of high dynamic range.
    """
    try:
        for packet in container.demux(stream):
            try:
                frames = stream.decode(packet)
            except av.error.FFmpegError:
                continue
            for frame in frames:
                refuse_hdr(container.name, frame)
                if not frame.is_corrupt:
                    yield frame
    except av.error.FFmpegError:  # of a file that is cut within a packet
        return


def refuse_hdr(name: str, frame: VideoFrame) -> None:
    """Read as it is, video of high dynamic range would be grey and pale, and there are many ways to map its tones.

    Raises:
        BrokenFileError: the frame is one of such video.
    """
    if frame.color_trc in HDR:
        raise BrokenFileError(
            f"{name}: is HDR video ({HDR[frame.color_trc]}); map its tones to BT.709 first, "
            "e.g. with FFmpeg's filters zscale and tonemap"
        )


def _cut_short(path: Path, count: int, expected: int) -> BrokenFileError:
    return BrokenFileError(f"{path}: ends after {count} frames, {expected} were expected; repair or remove it")


def _refuse_other_size(path: Path, frame: Frames, info: VideoInfo) -> None:
    if frame.shape[:2] != (info.height, info.width):
        raise BrokenFileError(
            f"{path}: its frames change from {info.width} x {info.height} to {frame.shape[1]} x {frame.shape[0]} "
            "pixels; split it where they do"
        )


def _to_rgb(frame: VideoFrame, converter: VideoReformatter | None = None) -> Frames:
    return np.asarray(to_rgb(frame, converter), np.uint8)
