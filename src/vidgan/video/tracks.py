"""What a video holds beside its pictures, taken over into another: sound, subtitles, chapters, titles and languages."""

import logging
from collections.abc import Iterator, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream

from vidgan.video.reader import main_video, open_container

logger = logging.getLogger(__name__)

_BITS_A_CHANNEL = 96_000  # a second
_OPUS_RATE = 48_000
_USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 8: "7.1"}
#: Said by a file of itself, not of what it holds.
_OF_THE_FILE = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "number_of_frames"}
)


class Tracks:
    """All that is heard and read with a video, written into an output as its pictures advance.

    Sound is copied packet by packet where the output can hold it, else coded anew; subtitles are copied, or left out
    where the output cannot hold them. What is left out is logged.

    Args:
        source: the video.
        start: time of the source, in seconds, that is zero in the output.
        output: a container that no packet has been written to yet.
        sound: ``copy``, ``aac`` and ``opus`` code all of it anew, ``none`` leaves it out.
        in_step: whether the pictures are at the times of the source; else what has times of its own is left out.
    """

    def __init__(
        self, source: Path, start: Fraction, output: OutputContainer, sound: str = "copy", in_step: bool = True
    ) -> None:
        self._source, self._start, self._output = source, start, output
        self._container = open_container(source)
        self._routes: dict[int, _Route] = {}
        self._left_out: list[str] = []
        self._in_step, self._out_of_step = in_step, list[str]()
        for stream in self._container.streams:
            if stream is main_video(self._container) or (isinstance(stream, AudioStream) and sound == "none"):
                continue
            if not in_step and stream.type in ("audio", "subtitle"):
                self._out_of_step.append(_told(stream))
            else:
                self._take(stream, sound)
        self._name()
        self._tell()
        self._packets = self._read()
        self._next = next(self._packets, None)

    def _take(self, stream: Stream, sound: str) -> None:
        if isinstance(stream, AudioStream):
            if (route := self._sound(stream, sound)) is None:
                return
            self._routes[stream.index] = route
        elif stream.type == "subtitle" and _holds(self._output, stream):
            self._routes[stream.index] = _Copied(self._output.add_stream_from_template(stream))
        elif stream.type == "attachment" and "matroska" in self._output.format.name:
            name = stream.metadata.get("filename", "attachment")
            self._output.add_attachment(name, stream.mimetype or "application/octet-stream", stream.data)  # type: ignore[attr-defined]  # missing in PyAV's types
            return
        else:
            self._left_out.append(_told(stream))
            return
        made = self._routes[stream.index].stream
        made.metadata.update(_of_the_content(stream.metadata))
        made.disposition = stream.disposition

    def _sound(self, stream: AudioStream, sound: str) -> "_Route | None":
        if sound == "copy" and _holds(self._output, stream):
            return _Copied(self._output.add_stream_from_template(stream))
        if not (stream.rate and stream.channels):
            logger.warning("%s: its sound cannot be read and is left out", self._source)
            return None
        is_webm = self._output.format.name == "webm"
        encoder = "libopus" if sound == "opus" or (sound == "copy" and is_webm) else "aac"
        if sound == "copy":
            told = "%s: its %s sound does not fit in %s files and is coded anew as %s"
            logger.warning(told, self._source, stream.codec_context.name, Path(self._output.name).suffix, encoder)
        return _Recoded(stream, self._output, encoder)

    def _name(self) -> None:
        """Titles, languages and chapters, which belong to the file and to its pictures."""
        self._output.metadata.update(_of_the_content(self._container.metadata))
        pictures = self._output.streams.video[0]
        pictures.metadata.update(_of_the_content(main_video(self._container).metadata))
        chapters = self._container.chapters()
        if chapters and not self._in_step:
            self._out_of_step.append("chapters")
            return
        for chapter in chapters:
            shift = round(self._start / chapter["time_base"]) if chapter["time_base"] else 0
            chapter["start"], chapter["end"] = max(0, chapter["start"] - shift), max(0, chapter["end"] - shift)
        self._output.set_chapters(chapters)

    def _tell(self) -> None:
        if self._out_of_step:
            told = "%s: left out, as the pictures are slower or faster now: %s"
            logger.warning(told, self._source, ", ".join(self._out_of_step))
        if self._left_out:
            suffix = Path(self._output.name).suffix
            remedy = "" if suffix == ".mkv" else "; a .mkv holds more"
            told = "%s: left out, as %s files cannot hold it: %s%s"
            logger.warning(told, self._source, suffix, ", ".join(self._left_out), remedy)

    def _read(self) -> Iterator[Packet]:
        """Packets at their times in the output, without those that go back in time, which no output takes."""
        if not self._routes:
            return
        streams = [self._container.streams[index] for index in self._routes]
        before: dict[int, int] = {}
        back = 0
        try:
            for packet in self._container.demux(*streams):
                if packet.dts is None and packet.pts is None:
                    continue
                shift = round(self._start / packet.time_base)
                dts = (packet.pts if packet.dts is None else packet.dts) - shift  # type: ignore[operator]  # one of them is there
                # Several subtitles may begin at once.
                least = before.get(packet.stream_index, dts - 1) + (packet.stream.type == "audio")
                if dts < least:
                    back += 1
                    continue
                before[packet.stream_index] = packet.dts = dts
                packet.pts = dts if packet.pts is None else max(dts, packet.pts - shift)
                yield packet
        except av.error.FFmpegError as error:
            logger.warning("%s: its sound ends early, it cannot be read (%s)", self._source, error.strerror)
        if back:
            logger.warning("%s: %d packets of its sound go back in time and are left out", self._source, back)

    def copy_until(self, time: Fraction | None) -> None:
        """Writes what begins before ``time`` in seconds of the output; None writes the rest."""
        while (packet := self._next) is not None:
            assert packet.dts is not None, "packets without a time are not read"
            if time is not None and packet.dts * packet.time_base > time:
                return
            self._output.mux(self._routes[packet.stream_index].written(packet))
            self._next = next(self._packets, None)
        if time is None:
            for route in self._routes.values():
                self._output.mux(route.rest())

    def close(self) -> None:
        self._container.close()


class _Route:
    """From a stream of the source to one of the output."""

    stream: Stream

    def written(self, packet: Packet) -> list[Packet]:
        raise NotImplementedError

    def rest(self) -> list[Packet]:
        return []


class _Copied(_Route):
    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def written(self, packet: Packet) -> list[Packet]:
        packet.stream = self.stream
        return [packet]


class _Recoded(_Route):
    """Sound that is decoded and coded anew."""

    def __init__(self, source: AudioStream, output: OutputContainer, encoder: str) -> None:
        self._source = source
        rate = _OPUS_RATE if encoder == "libopus" else source.rate
        made = output.add_stream(encoder, rate=rate, layout=_layout(source))
        assert isinstance(made, AudioStream)
        self.stream: AudioStream = made
        self.stream.bit_rate = _BITS_A_CHANNEL * source.channels

    def written(self, packet: Packet) -> list[Packet]:
        try:
            frames = self._source.decode(packet)
        except av.error.FFmpegError:  # what is damaged is silent
            return []
        return self._coded(frames)

    def rest(self) -> list[Packet]:
        return [*self._coded(self._source.codec_context.decode(None)), *self.stream.encode(None)]

    def _coded(self, frames: Sequence[AudioFrame]) -> list[Packet]:
        return [packet for frame in frames for packet in self.stream.encode(frame)]


def _layout(source: AudioStream) -> str:
    """That of the source, or the usual one of so many channels where it does not say."""
    name = source.layout.name
    return _USUAL_LAYOUTS.get(source.channels, "stereo") if "channels" in name else name


def _holds(output: OutputContainer, stream: Stream) -> bool:
    """Whether a container like the output can hold a stream as it is: found by beginning one."""
    try:
        with av.open(BytesIO(), "w", format=output.format.name) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def _of_the_content(metadata: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in metadata.items() if key.lower() not in _OF_THE_FILE and "-eng" not in key}


def _told(stream: Stream) -> str:
    if stream.disposition & Disposition.attached_pic:
        return "a cover picture"
    codec = getattr(stream.codec_context, "name", "") if stream.type in ("audio", "video", "subtitle") else ""
    kinds = {"audio": "sound", "subtitle": "subtitles", "video": "one more video", "attachment": "an attachment"}
    what = kinds.get(stream.type, "data")
    return f"{codec} {what}".strip() + (f" ({stream.language})" if stream.language else "")
