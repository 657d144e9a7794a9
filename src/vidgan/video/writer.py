"""Writing frames: to video files with the sound of their source, to folders of PNG files, to single pictures.

Every writer is a context manager that works under a temporary name: the file or folder appears under its own name when
it is complete, and not at all after an error.
"""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from vidgan.atomic import clear_stale, remove, settle, temporary_beside
from vidgan.errors import UserError
from vidgan.video.reader import Frames
from vidgan.video.sound import Sound

H264_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")

#: Of x264, on every machine: what it makes depends on their number, which would else be that of the cores.
_THREADS = 8
_BT709, _STUDIO = 1, 1
_CONVERSION = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


class FrameWriter:
    """Takes frames one by one inside a ``with`` block.

    Args:
        path: where the result appears when the block ends without an error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temporary = temporary_beside(path)
        self.count = 0

    def write(self, frame: Frames) -> None:
        """Appends a frame, (H, W, 3) uint8 RGB.

        Raises:
            UserError: it cannot be written, for instance because the disk is full.
        """
        self._attempt(frame)
        self.count += 1

    def abandon(self) -> None:
        """Leaves nothing behind."""
        self._release()
        remove(self.temporary)

    def _attempt(self, frame: Frames | None) -> None:
        """Writes a frame, or finishes after the last where there is none."""
        try:
            if frame is None:
                self._finish()
                settle(self.temporary, self.path)
            else:
                self._write(frame)
        except (OSError, av.error.FFmpegError) as error:
            raise UserError(f"{self.path} cannot be written: {error.strerror}; nothing is left of it") from error

    def _write(self, frame: Frames) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        """Completes the temporary file."""

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
                self._attempt(None)
        finally:
            self.abandon()


class VideoWriter(FrameWriter):
    """A video: H.264 of studio-range BT.709, tagged as such, or lossless FFV1 in RGB.

    H.264 with halved chroma (4:2:0), which plays everywhere, has no odd sizes: frames of odd width or height are coded
    with full chroma (4:4:4) instead, so that no pixel is added or lost.

    Args:
        path: a .mp4, .m4v, .mov or .mkv file; lossless ones are .mkv.
        fps: frames a second, exact.
        source: video whose sound and pixel shape are taken over; the sound is copied, not coded again.
        crf: constant rate factor of H.264, 0 to 51; 18 is hard to tell from the original.
        lossless: code as FFV1.

    Raises:
        UserError: the container cannot hold the video or the sound.
    """

    def __init__(
        self, path: Path, fps: Fraction, source: Path | None = None, crf: int = 18, lossless: bool = False
    ) -> None:
        super().__init__(path)
        allowed = (".mkv",) if lossless else H264_SUFFIXES
        if path.suffix.lower() not in allowed:
            raise UserError(f"{path}: cannot hold this video; name it {' or '.join(allowed)}")
        self.fps = fps
        self.source = source
        self.crf = crf
        self.lossless = lossless
        self._container: OutputContainer | None = None
        self._sound: Sound | None = None
        self._reformatter = VideoReformatter()

    def _write(self, frame: Frames) -> None:
        if self._container is None:
            self._container, self._stream = self._open(*frame.shape[:2])
        if frame.shape[:2] != (self._stream.height, self._stream.width):
            raise ValueError("the frames of a video have one size")
        picture = self._reformatter.reformat(
            VideoFrame.from_ndarray(frame, format="rgb24"),
            format=self._stream.pix_fmt,
            dst_colorspace=None if self.lossless else _BT709,
            dst_color_range=None if self.lossless else _STUDIO,
            interpolation=_CONVERSION,
        )
        picture.pts = self.count
        picture.time_base = 1 / self.fps
        self._container.mux(self._stream.encode(picture))
        if self._sound is not None:
            self._sound.copy_until(self.count / self.fps)

    def _open(self, height: int, width: int) -> tuple[OutputContainer, VideoStream]:
        container = av.open(str(self.temporary), "w")
        self._container = container  # from here on it is released after any error
        stream = container.add_stream("ffv1" if self.lossless else "libx264", rate=self.fps)
        stream.width, stream.height = width, height
        if self.lossless:
            stream.pix_fmt = "bgr0"
        else:
            stream.pix_fmt = "yuv444p" if height % 2 or width % 2 else "yuv420p"
            stream.options = {"crf": str(self.crf)}
            context = stream.codec_context
            context.thread_type, context.thread_count = "FRAME", _THREADS
            context.color_primaries = context.color_trc = context.colorspace = _BT709
            context.color_range = _STUDIO
        if self.source is not None:
            self._sound = Sound(self.source, container)
            if self._sound.pixel_shape:
                stream.codec_context.sample_aspect_ratio = self._sound.pixel_shape
            try:
                container.start_encoding()
            except av.error.ArgumentError as error:
                message = f"{self.path}: {self.path.suffix} files cannot hold the sound of {self.source}; write a .mkv"
                raise UserError(message) from error
        return container, stream

    def _finish(self) -> None:
        assert self._container is not None, "there is at least one frame"
        self._container.mux(self._stream.encode())
        if self._sound is not None:
            self._sound.copy_until(None)
        self._container.close()
        self._container = None

    def _release(self) -> None:
        if self._sound is not None:
            self._sound.close()
        if self._container is not None:
            with suppress(OSError, av.error.FFmpegError):  # the file is thrown away
                self._container.close()


class FolderWriter(FrameWriter):
    """A folder of PNG files, ``00000000.png`` and so on.

    Args:
        path: the folder; it must not hold anything yet.

    Raises:
        UserError: it does.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise UserError(f"{path}: is there already; remove it or choose another folder")

    def _write(self, frame: Frames) -> None:
        self.temporary.mkdir(exist_ok=True)
        (self.temporary / f"{self.count:08d}.png").write_bytes(encode_picture(frame, ".png"))


class PictureWriter(FrameWriter):
    """A single picture, in the format of its suffix."""

    def _write(self, frame: Frames) -> None:
        if self.count:
            raise UserError(f"{self.path}: a picture is one frame, and there are more; give a video or a folder")
        self.temporary.write_bytes(encode_picture(frame, self.path.suffix))


def encode_picture(frame: Frames, suffix: str) -> bytes:
    """An (H, W, 3) uint8 RGB frame as the contents of a file of that suffix.

    Raises:
        UserError: the format holds no picture of that size.
    """
    done, data = cv2.imencode(suffix.lower(), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    if not done:
        height, width = frame.shape[:2]
        raise UserError(f"a picture of {width} x {height} pixels cannot be written as {suffix}; write it as .png")
    return data.tobytes()


def writer(path: Path, fps: Fraction, source: Path | None = None) -> FrameWriter:
    """The writer for a path: a picture or a video by its suffix, a folder of PNG files without one.

    Args:
        path: where to.
        fps: frames a second, for videos.
        source: video whose sound and pixel shape a video takes over.

    Raises:
        UserError: the suffix is none that can be written, or a folder has the name.
    """
    suffix = path.suffix.lower()
    if not suffix:
        return FolderWriter(path)
    if path.is_dir():
        raise UserError(f"{path}: is a folder, and a {suffix} file is to be written; choose another name")
    if suffix in PICTURE_SUFFIXES:
        return PictureWriter(path)
    if suffix in H264_SUFFIXES:
        return VideoWriter(path, fps, source)
    known = ", ".join((*H264_SUFFIXES, *PICTURE_SUFFIXES))
    raise UserError(f"{path}: cannot write {suffix} files; give one of {known}, or a folder")
