"""The sound of a video, taken over into another without coding it again."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from vidgan.errors import UserError
from vidgan.video.reader import BrokenFileError, open_container


class Sound:
    """The audio of a source, copied packet by packet into an output as its video advances.

    Args:
        source: a video; it may be silent.
        output: a container that no packet has been written to yet.

    Attributes:
        pixel_shape: width by height of the source's pixels; None where it is not said.

    Raises:
        BrokenFileError: the source cannot be read.
        UserError: the output cannot hold this kind of sound.
    """

    def __init__(self, source: Path, output: OutputContainer) -> None:
        self._source = source
        try:
            self._container: InputContainer = open_container(source)
        except (OSError, av.error.FFmpegError) as error:
            raise BrokenFileError(f"{source}: cannot be read as video ({error.strerror})") from error
        video = self._container.streams.video[0]
        self.pixel_shape: Fraction | None = video.sample_aspect_ratio
        self._start = Fraction(0)
        if video.start_time is not None and video.time_base is not None:
            self._start = video.start_time * video.time_base
        self._output = output
        self._copies = {}
        for audio in self._container.streams.audio:
            codec, suffix = audio.codec_context.name, Path(output.name).suffix
            if codec not in output.supported_codecs:
                raise UserError(f"{source}: its {codec} sound does not fit in {suffix} files; write a .mkv")
            self._copies[audio.index] = output.add_stream_from_template(audio)
        self._packets = self._read()
        self._next = next(self._packets, None)

    def _read(self) -> Iterator[Packet]:
        if not self._copies:
            return
        try:
            for packet in self._container.demux(*self._container.streams.audio):
                if packet.dts is not None:
                    yield packet
        except av.error.FFmpegError as error:
            raise BrokenFileError(f"{self._source}: its sound cannot be read ({error.strerror})") from error

    def copy_until(self, time: Fraction | None) -> None:
        """Copies what is heard before ``time`` in seconds from the first frame; None copies the rest."""
        while (packet := self._next) is not None:
            assert packet.dts is not None, "packets without a time are not read"
            if time is not None and packet.dts * packet.time_base - self._start > time:
                return
            shift = round(self._start / packet.time_base)
            packet.dts -= shift
            packet.pts = packet.dts if packet.pts is None else packet.pts - shift
            packet.stream = self._copies[packet.stream_index]
            self._output.mux(packet)
            self._next = next(self._packets, None)

    def close(self) -> None:
        self._container.close()
