"""Videos of every kind, made by FFmpeg's own program, and what it makes of them: tests compare with that."""

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
#: Ten pictures a second without sharp edges, where the ways to interpolate chroma would differ.
MOVING = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1,format=gbrp,gblur=sigma=6")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1")


def ffmpeg(*arguments: str | Path) -> bytes:
    command = [FFMPEG, "-y", "-nostdin", "-loglevel", "error", "-threads", "1", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def made(path: Path, *arguments: str, sound: bool = False) -> Path:
    """One second of moving pictures, with a tone if asked for, coded as the arguments say."""
    ffmpeg(*MOVING, *(TONE if sound else ()), *arguments, path)
    return path


def shown(path: Path, *filters: str, deep: bool = False) -> np.ndarray:
    """(T, H, W, 3) RGB as FFmpeg shows a video: turned, by its own matrix, without repeated or dropped frames."""
    exact = "scale=flags=bilinear+accurate_rnd+full_chroma_int"
    chain = ",".join([*filters, exact, f"format={'gbrp16le' if deep else 'rgb24'}"])
    stored = path.with_name(f"{path.name}.shown.nut")
    ffmpeg("-i", path, "-map", "0:v:0", "-vf", chain, "-fps_mode", "passthrough", "-c:v", "rawvideo", stored)
    with av.open(str(stored)) as container:
        return np.stack([frame.to_ndarray() for frame in container.decode(video=0)])


def times(path: Path) -> list[Fraction]:
    """When each frame is shown, in seconds, as FFmpeg decodes them; the first packet of the file is at 0."""
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def rgb(path: Path, deep: bool = False) -> np.ndarray:
    """(T, H, W, 3) of a lossless video in RGB, as it is stored."""
    with av.open(str(path)) as container:
        kind = "gbrp16le" if deep else "rgb24"
        return np.stack([frame.to_ndarray(format=kind) for frame in container.decode(video=0)])


def tags(path: Path) -> tuple[int, int, int, int]:
    """Matrix, primaries, transfer and range."""
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        return context.colorspace, context.color_primaries, context.color_trc, context.color_range


def tracks(path: Path) -> list[tuple[str, str, str | None, str | None]]:
    """Kind, codec, language and title of all but the pictures."""
    with av.open(str(path)) as container:
        return [
            (stream.type, stream.codec_context.name, stream.language, stream.metadata.get("title"))
            for stream in container.streams
            if stream.type in ("audio", "subtitle")
        ]


def start_of_sound(path: Path, after: int = 0) -> float:
    """When the first sample from ``after`` on is heard that is louder than a twentieth, in seconds."""
    converter = av.AudioResampler(format="flt", layout="mono")
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        container.seek(round(after / stream.time_base), stream=stream)
        for frame in (part for whole in container.decode(audio=0) for part in converter.resample(whole)):
            loud = np.flatnonzero(np.abs(frame.to_ndarray().reshape(-1)) > 0.05)
            if len(loud):
                return float(frame.time) + int(loud[0]) / frame.rate
    raise AssertionError("it is silent")
