"""Files of coded video, .vgc: what is in them, byte by byte, and how it is told that something is wrong.

A file is a header, tracks, frames and an end; numbers are little-endian. The header is a magic of 8 bytes, the version,
the model's hash, height and width, the rate, the time base, the length and the CRC32 of the tracks, and its own CRC32.
The tracks are a Matroska file of what is not pictures: sound, subtitles, chapters, the meaning of colors, the shape of
pixels; nothing where there is nothing to be kept. A frame is a byte of its kind and rate, three numbers of variable
length (ticks since the frame before, ticks that it lasts, bytes), these bytes, and the CRC32 of all that. The end is a
byte of its own, the number of frames and a CRC32: a file without it was cut short.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from vidgan.errors import UserError
from vidgan.video.reader import refuse_large

SUFFIX = ".vgc"
VERSION = 1
_MAGIC = b"\x89VGC\r\n\x1a\n"
_HEAD = struct.Struct("<8sH32sHHIIIIQI")
_SUM = struct.Struct("<I")
_END, _INTRA, _INTER = 0, 1, 2
_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Attributes:
        model: SHA-256 of what decoding follows from.
        height, width: of the frames.
        fps: frames a second, on average.
        time_base: seconds of a tick; None where frames have no times and follow each other at ``fps``.
        tracks: bytes of the tracks.
        tracks_sum: their CRC32.
    """

    model: bytes
    height: int
    width: int
    fps: Fraction
    time_base: Fraction | None
    tracks: int = 0
    tracks_sum: int = 0

    def packed(self) -> bytes:
        times = (0, 0) if self.time_base is None else (self.time_base.numerator, self.time_base.denominator)
        head = _HEAD.pack(
            *(_MAGIC, VERSION, self.model, self.height, self.width, self.fps.numerator, self.fps.denominator),
            *(*times, self.tracks, self.tracks_sum),
        )
        return head + _SUM.pack(zlib.crc32(head))


@dataclass(frozen=True)
class Packet:
    """A coded frame.

    Attributes:
        intra: whether it was coded by itself.
        rate: the number of the rate.
        ticks: since the frame before.
        duration: in ticks; 0 where it is not known.
        data: its symbols.
    """

    intra: bool
    rate: int
    ticks: int
    duration: int
    data: bytes

    def packed(self) -> bytes:
        kind = (_INTRA if self.intra else _INTER) | self.rate << 2
        body = bytes([kind]) + b"".join(map(_varying, (self.ticks, self.duration, len(self.data)))) + self.data
        return body + _SUM.pack(zlib.crc32(body))


class DamagedError(Exception):
    """A part of a file is damaged or missing; the text says which."""


def end_of(count: int) -> bytes:
    """What follows the last of so many frames."""
    body = bytes([_END]) + _varying(count)
    return body + _SUM.pack(zlib.crc32(body))


def read_header(file: BinaryIO, path: Path) -> Header:
    """The header of a file that is at its beginning.

    Raises:
        UserError: it is no such file, or one of another version, or damaged.
    """
    data = file.read(_HEAD.size + _SUM.size)
    if data[: len(_MAGIC)] != _MAGIC[: len(data)] or len(data) < len(_MAGIC):
        raise UserError(f"{path}: is no {SUFFIX} file: it begins otherwise.")
    if len(data) < _HEAD.size + _SUM.size:
        raise UserError(f"{path}: is cut short in its header; nothing of it can be decoded.")
    _, version, model, height, width, *numbers, tracks, total = _HEAD.unpack(data[: _HEAD.size])
    if version != VERSION:
        raise UserError(f"{path}: is of version {version} of the format, and this vidgan reads version {VERSION}.")
    fps, fps_of, base, base_of = numbers
    if zlib.crc32(data[: _HEAD.size]) != _SUM.unpack(data[_HEAD.size :])[0] or not (
        height and width and fps and fps_of
    ):
        raise UserError(f"{path}: its header is damaged; nothing of it can be decoded.")
    refuse_large(path, width, height)
    time_base = Fraction(base, base_of) if base and base_of else None
    return Header(model, height, width, Fraction(fps, fps_of), time_base, tracks, total)


def copy_tracks(file: BinaryIO, header: Header, to: Path) -> bool:
    """Writes the tracks of a file, which is behind its header, into one of their own; false where they are damaged."""
    total, left = 0, header.tracks
    with to.open("wb") as tracks:
        while left and (part := file.read(min(left, _AT_ONCE))):
            tracks.write(part)
            total, left = zlib.crc32(part, total), left - len(part)
    return left == 0 and total == header.tracks_sum


def packets(file: BinaryIO) -> Iterator[Packet]:
    """The frames of a file that is behind its tracks.

    Raises:
        DamagedError: the next one is damaged or missing.
    """
    count = 0
    while True:
        start = file.tell()
        kind = _read(file, 1)[0]
        if kind == _END:
            told = _number(file)
            _refuse_other_sum(file, start)
            if told != count:
                raise DamagedError(f"{told} were written")
            return
        if kind & 3 not in (_INTRA, _INTER):
            raise DamagedError("its kind is unknown")
        ticks, duration, length = (_number(file) for _ in range(3))
        data = _read(file, length)
        _refuse_other_sum(file, start)
        count += 1
        yield Packet(kind & 3 == _INTRA, kind >> 2, ticks, duration, data)


def count_of(file: BinaryIO) -> int:
    """Frames of a file that is behind its tracks, as far as they are there; without reading what is in them."""
    count, size = 0, os.fstat(file.fileno()).st_size
    try:
        while _read(file, 1)[0] != _END:
            length = [_number(file) for _ in range(3)][2]
            if file.seek(length + _SUM.size, os.SEEK_CUR) > size:
                break
            count += 1
    except DamagedError:
        pass
    return count


def _varying(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])


def _number(file: BinaryIO) -> int:
    number = shift = 0
    while shift < 63:
        byte = _read(file, 1)[0]
        number |= (byte & 127) << shift
        if byte < 128:
            return number
        shift += 7
    raise DamagedError("a number in it has no end")


def _read(file: BinaryIO, length: int) -> bytes:
    if length > os.fstat(file.fileno()).st_size - file.tell():
        raise DamagedError("the file ends before")
    return file.read(length)


def _refuse_other_sum(file: BinaryIO, start: int) -> None:
    """
    Raises:
        DamagedError: what was read since ``start`` has another checksum than the one that follows.
    """
    end = file.tell()
    file.seek(start)
    body = file.read(end - start)
    if zlib.crc32(body) != _SUM.unpack(_read(file, _SUM.size))[0]:
        raise DamagedError("its checksum is another")
