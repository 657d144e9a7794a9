"""Writing frames: to video files with the sound of their source, to folders of PNG files, to single pictures.

Every writer is a context manager that works under a temporary name: the file or folder appears under its own name when
it is complete, and not at all after an error.
"""

import errno
import itertools
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from vidgan.atomic import clear_stale, remove, settle, temporary_beside
from vidgan.errors import UserError
from vidgan.video.color import DEEP_FORMAT, ColorTags, Pixels, to_8_bits
from vidgan.video.encoding import VIDEO_SUFFIXES_WRITTEN, codec_for, settings_of
from vidgan.video.playback import Playback
from vidgan.video.settings import Encoding
from vidgan.video.tracks import Tracks

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_DEEP = (".png", ".tif", ".tiff")  # hold 16 bits
_OPAQUE = (".jpg", ".jpeg", ".bmp")  # hold no alpha

#: Of x264, on every machine: what it makes depends on their number, which would else be that of the cores.
_THREADS = 8
_STUDIO = 1
_CONVERSION = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True)
class At:
    """Where a frame belongs.

    Attributes:
        time: seconds from the begin of the video; None follows the frame before at the video's rate.
        duration: seconds; None until the next.
        name: of its file in a folder, with its suffix; None numbers the files.
        alpha: (H, W) opacity of a picture, of the frame's type; None is opaque.
    """

    time: Fraction | None = None
    duration: Fraction | None = None
    name: str | None = None
    alpha: Pixels | None = None


NOWHERE = At()


class FrameWriter:
    """Takes frames one by one inside a ``with`` block.

    Args:
        path: where the result appears when the block ends without an error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temporary = temporary_beside(path)
        self.count = 0
        self._was_there = path.exists()

    def write(self, frame: Pixels, at: At = NOWHERE) -> None:
        """Appends a frame.

        Args:
            frame: (H, W, 3) RGB, uint8, or uint16 over its whole range.
            at: where it belongs.

        Raises:
            UserError: it cannot be written, for instance because the disk is full.
        """
        self._attempt(frame, at)
        self.count += 1

    def abandon(self) -> None:
        """Leaves nothing behind."""
        self._release()
        remove(self.temporary)

    def _attempt(self, frame: Pixels | None, at: At) -> None:
        """Writes a frame, or finishes after the last where there is none."""
        try:
            if frame is None:
                self._finish()
                self._settle()
            else:
                self._write(frame, at)
        except (OSError, av.error.FFmpegError) as error:
            raise UserError(f"{self.path} cannot be written: {error.strerror}; nothing is left of it") from error

    def _write(self, frame: Pixels, at: At) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        """Completes the temporary file."""

    def _settle(self) -> None:
        """Nobody was asked about what has appeared under this name meanwhile: both are kept."""
        if self._was_there or not self.path.exists():
            settle(self.temporary, self.path)
            return
        beside = (self.path.with_stem(f"{self.path.stem}_{number}") for number in itertools.count(2))
        free = next(path for path in beside if not path.exists())
        settle(self.temporary, free)
        raise UserError(f"{self.path} was written by another process meanwhile; what was made here is {free}")

    def _release(self) -> None:
        """Lets go of open files; called in any case."""

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            clear_stale(self.path.parent)
            remove(self.temporary)  # an earlier process of the same number may have left something
        except OSError as error:
            raise UserError(f"{self.path.parent} cannot be made: {error.strerror}; choose another folder") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None and self.count == 0:
                raise UserError(f"{self.path} was to be written, but there are no frames")
            if kind is None:
                self._attempt(None, NOWHERE)
        finally:
            self.abandon()


class VideoWriter(FrameWriter):
    """A video: H.264 of studio-range BT.709, tagged as such, or what an encoding asks for.

    H.264 with halved chroma (4:2:0), which plays everywhere, has no odd sizes: frames of odd width or height are coded
    with full chroma (4:4:4) instead, so that no pixel is added or lost.

    Args:
        path: what it is named tells the container.
        fps: frames a second, exact.
        source: video whose sound, subtitles, chapters, titles, colors and pixel shape are taken over.
        encoding: how it is coded.
        time_base: what the times of frames are multiples of, in seconds; None is the source's.
        in_step: whether the frames are at the times of the source; else its sound, subtitles and chapters are left out.

    Raises:
        UserError: the container cannot hold the video, or there is no such codec.
    """

    def __init__(
        self,
        path: Path,
        fps: Fraction,
        source: Playback | None = None,
        encoding: Encoding | None = None,
        time_base: Fraction | None = None,
        in_step: bool = True,
    ) -> None:
        super().__init__(path)
        self.encoding = encoding or Encoding()
        self.codec = codec_for(path, self.encoding)
        self.fps = fps
        self.source = source
        self.in_step = in_step
        self._counted_in = time_base or (source.time_base if source else None)
        self._container: OutputContainer | None = None
        self._tracks: Tracks | None = None
        self._reformatter = VideoReformatter()
        self._end = Fraction(0)

    def _write(self, frame: Pixels, at: At) -> None:
        if self._container is None:
            self._container, self._stream = self._open(frame, at.time is not None)
        if frame.shape[:2] != (self._stream.height, self._stream.width):
            raise ValueError("the frames of a video have one size")
        picture = self._reformatter.reformat(
            VideoFrame.from_ndarray(
                np.ascontiguousarray(frame), format="rgb24" if frame.dtype == np.uint8 else DEEP_FORMAT
            ),
            format=self._stream.pix_fmt,
            dst_colorspace=None if self._is_rgb else self._tags.matrix,
            dst_color_range=None if self._is_rgb else _STUDIO,
            interpolation=_CONVERSION,
        )
        time = self.count / self.fps if at.time is None else at.time
        picture.time_base = self._time_base
        picture.pts = round(time / self._time_base)
        if at.duration is not None:
            picture.duration = round(at.duration / self._time_base)
        self._container.mux(self._stream.encode(picture))
        if self._tracks is not None:
            self._tracks.copy_until(time)

    def _open(self, frame: Pixels, timed: bool) -> tuple[OutputContainer, VideoStream]:
        self.temporary.touch()  # what the system refuses is not the encoder's fault
        container = av.open(str(self.temporary.absolute()), "w")  # else "a:b.mp4" were of a protocol "a"
        self._container = container  # from here on it is released after any error
        stream = container.add_stream(self.codec.encoder, rate=self.fps)
        assert isinstance(stream, VideoStream)
        height, width = frame.shape[:2]
        deep = frame.dtype != np.uint8
        stream.height, stream.width = height, width
        stream.options = dict(settings_of(self.codec, self.encoding))
        stream.pix_fmt = self.encoding.pixel_format or self.codec.pixel_format(height, width, deep)
        if self.codec.encoder.startswith(("libx265", "hevc")) and self.path.suffix.lower() != ".mkv":
            stream.codec_context.codec_tag = "hvc1"  # which Apple's players ask for
        self._time_base = 1 / self.fps
        if timed and self._counted_in is not None:
            self._time_base = stream.codec_context.time_base = self._counted_in
        self._tags = self.source.written_tags if self.source else ColorTags()
        self._is_rgb = stream.codec_context.format is not None and stream.codec_context.format.is_rgb
        context = stream.codec_context
        if not self._is_rgb:
            context.thread_type, context.thread_count = "FRAME", _THREADS
            context.colorspace, context.color_range = self._tags.matrix, _STUDIO
            context.color_primaries, context.color_trc = self._tags.primaries, self._tags.transfer
        if self.source is not None:
            sound = self.encoding.sound
            self._tracks = Tracks(self.source.path, self.source.start, container, sound, self.in_step)
            if self.source.pixel_shape:
                context.sample_aspect_ratio = self.source.pixel_shape
        self._start(container, stream)
        return container, stream

    def _start(self, container: OutputContainer, stream: VideoStream) -> None:
        """
        Raises:
            UserError: the encoder does not do it.
        """
        try:
            container.start_encoding()
        except (av.error.FFmpegError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                raise
            size = f"{stream.width} x {stream.height} pixels of {stream.pix_fmt}"
            raise UserError(
                f"{self.path}: {self.codec.encoder} does not write {size} here ({error}); choose another codec, "
                "pixel_format, quality or preset"
            ) from error

    def _finish(self) -> None:
        assert self._container is not None, "there is at least one frame"
        self._container.mux(self._stream.encode())
        if self._tracks is not None:
            self._tracks.copy_until(None)
        self._container.close()
        self._container = None

    def _release(self) -> None:
        if self._tracks is not None:
            self._tracks.close()
        if self._container is not None:
            with suppress(OSError, av.error.FFmpegError):  # the file is thrown away
                self._container.close()


class FolderWriter(FrameWriter):
    """A folder of pictures: under their names, or numbered as ``00000000.png`` and so on.

    Args:
        path: the folder; it must not hold anything yet, unless
        overwrite: pictures of the same names are replaced, and others stay.

    Raises:
        UserError: it does, or it is a file.
    """

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        super().__init__(path)
        self.overwrite = overwrite
        if path.exists() and not path.is_dir():
            raise UserError(f"{path}: is a file, and a folder of pictures is to be written; choose another name")
        if not overwrite and path.exists() and any(path.iterdir()):
            raise UserError(f"{path}: is there already; remove it or choose another folder")

    def _write(self, frame: Pixels, at: At) -> None:
        self.temporary.mkdir(exist_ok=True)
        name = Path(at.name or f"{self.count:08d}.png")
        (self.temporary / name).write_bytes(encode_picture(frame, name.suffix, at.alpha))

    def _settle(self) -> None:
        if not (self.overwrite and self._was_there):
            super()._settle()
            return
        for picture in self.temporary.iterdir():
            picture.replace(self.path / picture.name)


class PictureWriter(FrameWriter):
    """A single picture, in the format of its suffix."""

    def _write(self, frame: Pixels, at: At) -> None:
        if self.count:
            raise UserError(f"{self.path}: a picture is one frame, and there are more; give a video or a folder")
        self.temporary.write_bytes(encode_picture(frame, self.path.suffix, at.alpha))


def encode_picture(frame: Pixels, suffix: str, alpha: Pixels | None = None) -> bytes:
    """A frame as the contents of a file of that suffix.

    Formats that hold no 16 bits are given 8, and those that hold no alpha go without.

    Args:
        frame: (H, W, 3) RGB, uint8, or uint16 over its whole range.
        suffix: with its dot.
        alpha: (H, W) opacity, of the frame's type.

    Raises:
        UserError: the format holds no picture of that size.
    """
    suffix = suffix.lower()
    if suffix in _OPAQUE:
        alpha = None
    image: Any = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) if alpha is None else np.dstack([frame[..., ::-1], alpha])
    if suffix not in _DEEP and image.dtype != np.uint8:
        image = to_8_bits(image)
    done, data = cv2.imencode(suffix, image)
    if not done:
        height, width = frame.shape[:2]
        raise UserError(f"a picture of {width} x {height} pixels cannot be written as {suffix}; write it as .png")
    return data.tobytes()


def writer(
    path: Path,
    fps: Fraction,
    source: Playback | None = None,
    encoding: Encoding | None = None,
    overwrite: bool = False,
    time_base: Fraction | None = None,
    in_step: bool = True,
) -> FrameWriter:
    """The writer for a path: a picture or a video by its suffix, a folder of pictures without one or where it is there.

    Args:
        path: where to.
        fps: frames a second, for videos.
        source: video whose sound, other tracks, times and pixel shape a video takes over.
        encoding: of a video.
        overwrite: add to a folder that is there; a file is replaced in any case.
        time_base, in_step: of a video, as of :class:`VideoWriter`.

    Raises:
        UserError: the suffix is none that can be written, or a folder has the name.
    """
    suffix = path.suffix.lower()
    if not suffix or (path.is_dir() and suffix not in (*VIDEO_SUFFIXES_WRITTEN, *PICTURE_SUFFIXES)):
        return FolderWriter(path, overwrite)
    if path.is_dir():
        raise UserError(f"{path}: is a folder, and a {suffix} file is to be written; choose another name")
    if suffix in PICTURE_SUFFIXES:
        return PictureWriter(path)
    if suffix in VIDEO_SUFFIXES_WRITTEN:
        return VideoWriter(path, fps, source, encoding, time_base, in_step)
    known = ", ".join((*VIDEO_SUFFIXES_WRITTEN, *PICTURE_SUFFIXES))
    raise UserError(f"{path}: cannot write {suffix} files; give one of {known}, or a folder")
