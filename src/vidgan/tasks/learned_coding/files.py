"""Coded video as files: frames in, and frames out, in constant memory."""

import hashlib
import logging
import zlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import torch

from vidgan.errors import UserError
from vidgan.generators.fixed_codec import FixedCodec
from vidgan.generators.transform_codec import DecodedFrame
from vidgan.inference.inputs import Input
from vidgan.inference.placing import Item
from vidgan.tasks.learned_coding.container import (
    DamagedError,
    Header,
    Packet,
    copy_tracks,
    count_of,
    end_of,
    packets,
    read_header,
)
from vidgan.tasks.learned_coding.symbols import BrokenSymbolsError, Models, SymbolReader, SymbolWriter
from vidgan.video.color import ColorTags, Pixels, to_8_bits
from vidgan.video.playback import Playback
from vidgan.video.settings import Encoding, Reading
from vidgan.video.writer import NOWHERE, At, FrameWriter, VideoWriter

logger = logging.getLogger(__name__)

LARGEST = 65535  # pixels of a side, in the header
_SHORTEST = Fraction(1, 2**32 - 1)
_COPIED = 1 << 20


def hash_of(codec: FixedCodec) -> bytes:
    """SHA-256 of all that decoding follows from."""
    made = hashlib.sha256()
    for name, value in sorted(codec.state().items()):
        made.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        made.update(np.ascontiguousarray(value.cpu().numpy()).tobytes())
    return made.digest()


class CodedWriter(FrameWriter):
    """Codes frames into a file.

    Args:
        path: where the file appears when all is written.
        codec: what codes.
        rate: the number of its rate.
        keyframes: frames from one that is coded by itself to the next; None is the first alone.
        made: what is to be written: its rate, and the video whose tracks go along.
        sound: as of :class:`vidgan.video.settings.Encoding`.
        folder: for temporary files.
    """

    def __init__(
        self,
        path: Path,
        codec: FixedCodec,
        rate: int,
        keyframes: int | None,
        made: Input,
        sound: str,
        folder: Path,
    ) -> None:
        super().__init__(path)
        self._codec, self._rate, self._keyframes = codec, rate, keyframes
        self._made, self._sound, self._tracks = made, sound, folder / "tracks.mkv"
        self._models = Models(codec.tables)
        self._memory: DecodedFrame | None = None
        self._file: BinaryIO | None = None
        self._ticks = 0
        self._size = (0, 0)

    def _write(self, frame: Pixels, at: At) -> None:
        if self._file is None:
            self._begin(frame, at)
        if self._keyframes is not None and self.count % self._keyframes == 0:
            self._memory = None
        pixels = torch.from_numpy(np.array(frame if frame.dtype == np.uint8 else to_8_bits(frame))).permute(2, 0, 1)
        intra, encoder = self._memory is None, SymbolWriter(self._models)
        _, self._memory = self._codec.encode(pixels, self._rate, self._memory, encoder)
        packet = Packet(intra, self._rate, *self._timed(at), encoder.data)
        assert self._file is not None, "it was begun"
        self._file.write(packet.packed())

    def _begin(self, frame: Pixels, at: At) -> None:
        """
        Raises:
            UserError: the frames are too large.
        """
        height, width = self._size = frame.shape[:2]
        if max(self._size) > LARGEST:
            raise UserError(f"{self.path}: frames of {width} x {height} pixels; a side may have {LARGEST:,} at most.")
        video = self._made.video
        time_base = self._made.time_base or (video.time_base if video else None)
        self._time_base = time_base if at.time is not None else None
        header = Header(hash_of(self._codec), height, width, self._made.fps, self._time_base)
        self._file = self.temporary.open("w+b")
        self._file.write(header.packed())
        if video is None or not _has_tracks(video):
            return
        write_tracks(self._tracks, self._made, self._sound)
        self._file.seek(0)
        length, total = self._tracks.stat().st_size, 0
        self._file.write(header.packed())
        with self._tracks.open("rb") as tracks:
            while part := tracks.read(_COPIED):
                total = zlib.crc32(part, total)
                self._file.write(part)
        self._file.seek(0)
        self._file.write(replace(header, tracks=length, tracks_sum=total).packed())
        self._file.seek(0, 2)

    def _timed(self, at: At) -> tuple[int, int]:
        """Ticks since the frame before, and those that this one lasts."""
        if self._time_base is None or at.time is None:
            return 0, 0
        now = round(at.time / self._time_base)
        since, self._ticks = max(0, now - self._ticks), max(now, self._ticks)
        return since, 0 if at.duration is None else round(at.duration / self._time_base)

    def _finish(self) -> None:
        assert self._file is not None, "there is at least one frame"
        self._file.write(end_of(self.count))
        self._file.close()

    def _release(self) -> None:
        if self._file is not None:
            self._file.close()


def open_coded(path: Path, codec: FixedCodec, reading: Reading, folder: Path) -> Input:
    """The frames of a file, and its tracks.

    A damaged file is decoded up to the damage, which is logged.

    Args:
        path: the file.
        codec: what decodes.
        reading: with ``strict``, a damaged file is refused when the damage is met.
        folder: for temporary files.

    Raises:
        UserError: it is no such file, of another version or model, or its header is damaged.
    """
    with path.open("rb") as file:
        header = read_header(file, path)
        if header.model != hash_of(codec):
            raise UserError(
                f"{path}: was coded by another model ({header.model.hex()[:12]}; this one is "
                f"{hash_of(codec).hex()[:12]}); give the run or weights that coded it."
            )
        tracks = folder / "tracks.mkv"
        video = None
        if header.tracks and copy_tracks(file, header, tracks):
            video = Playback(tracks)
            video.start = Fraction(0)  # FFmpeg guesses another one of tracks whose first packets are decoded in vain
        elif header.tracks:
            logger.warning("%s: its tracks are damaged; sound and all else beside pictures is left out", path)
        begin = file.tell()
        count = count_of(file)
    items = _frames(path, begin, header, codec, reading.strict)
    return Input(items, count, header.fps, video, header.time_base)


def write_tracks(path: Path, made: Input, sound: str) -> None:
    """What a video has beside its pictures, as a file of its own; one small frame says what colors mean."""
    with VideoWriter(path, made.fps, made.video, Encoding(sound=sound), made.time_base, made.in_step) as writer:
        writer.write(np.zeros((16, 16, 3), np.uint8), NOWHERE)


def _has_tracks(video: Playback) -> bool:
    """Whether a video has more than pictures of usual colors and pixels."""
    if video.written_tags != ColorTags() or video.pixel_shape not in (None, 1):
        return True
    with av.open(str(video.path.absolute())) as container:
        return len(container.streams) > 1 or bool(container.chapters())


def _frames(path: Path, begin: int, header: Header, codec: FixedCodec, strict: bool) -> Iterator[Item]:
    """
    Raises:
        UserError: a frame is damaged, where ``strict`` is set or it is the first one.
    """
    models, memory, ticks, count = Models(codec.tables), None, 0, 0
    with path.open("rb") as file:
        file.seek(begin)
        try:
            for packet in packets(file):
                if packet.rate >= codec.rates or (memory is None and not packet.intra):
                    raise DamagedError("what it was coded by is not there")
                reader = SymbolReader(models, packet.data)
                before = None if packet.intra else memory
                pixels, memory = codec.decode((header.height, header.width), packet.rate, before, reader)
                ticks += packet.ticks
                yield np.ascontiguousarray(pixels.permute(1, 2, 0).cpu().numpy()), _place(packet, ticks, header)
                count += 1
        except (DamagedError, BrokenSymbolsError) as error:
            told = f"{path}: frame {count} is damaged or missing ({error})"
            if strict or count == 0:
                raise UserError(
                    f"{told}; nothing is decoded{'' if count == 0 else ', strict=false keeps what is before'}."
                ) from error
            logger.warning("%s; the %d frames before it are decoded", told, count)


def _place(packet: Packet, ticks: int, header: Header) -> At:
    if header.time_base is None:
        return NOWHERE
    return At(ticks * header.time_base, packet.duration * header.time_base if packet.duration else None)
