"""How videos are coded: which codecs there are, what they ask of a file's name, and what settings mean to them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

import av

from vidgan.errors import UserError
from vidgan.video.settings import Encoding


@dataclass(frozen=True)
class Codec:
    """What is known of a codec.

    Attributes:
        encoder: FFmpeg's name of the one that is used.
        suffixes: of files that hold it.
        quality: the option that its quality is, and the value that is hard to tell from the original; None has none.
        formats: pixel formats: of even sizes, of odd ones, and the same with more than 8 bits.
        options: of the encoder.
    """

    encoder: str
    suffixes: tuple[str, ...]
    quality: tuple[str, float] | None
    formats: tuple[str, str, str, str]
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def pixel_format(self, height: int, width: int, deep: bool) -> str:
        """The default one: no row or column is added or lost, which halved chroma would do to odd sizes."""
        return self.formats[2 * deep + (height % 2 or width % 2)]


# SVT-AV1 tells its settings on stderr otherwise, and asks the environment alone; 1 leaves its errors.
os.environ.setdefault("SVT_LOG", "1")

_MP4 = (".mp4", ".m4v", ".mov", ".mkv")
_DEEP = ("yuv420p10le", "yuv444p10le")
CODECS: Mapping[str, Codec] = {
    # Few players know H.264 of 10 bits: it is written on request.
    "h264": Codec("libx264", _MP4, ("crf", 18), ("yuv420p", "yuv444p", "yuv420p", "yuv444p")),
    "hevc": Codec("libx265", _MP4, ("crf", 20), ("yuv420p", "yuv444p", *_DEEP), {"x265-params": "log-level=error"}),
    "av1": Codec("libsvtav1", (".mp4", ".mkv", ".webm"), ("crf", 24), ("yuv420p", "yuv420p", *_DEEP[:1] * 2)),
    "ffv1": Codec("ffv1", (".mkv", ".avi"), None, ("bgr0", "bgr0", "gbrp16le", "gbrp16le")),
    "prores": Codec("prores_ks", (".mov", ".mkv"), None, ("yuv422p10le", "yuv444p10le") * 2),
}
#: What hardware encoders call their quality.
_HARDWARE = {"nvenc": ("cq", 19.0), "qsv": ("global_quality", 20.0), "amf": ("qp_p", 20.0), "videotoolbox": ("q", 65.0)}
VIDEO_SUFFIXES_WRITTEN = (*_MP4, ".webm", ".avi")


def codec_for(path: Path, encoding: Encoding) -> Codec:
    """The codec of a file.

    Raises:
        UserError: there is none of the name, this build of FFmpeg lacks it, the file cannot hold it, or it has no such
            setting or pixel format.
    """
    name = encoding.codec or ("av1" if path.suffix.lower() == ".webm" else "h264")
    codec = CODECS.get(name) or _hardware(name)
    if codec is None or not _is_there(codec.encoder):
        there = ", ".join(known for known, item in CODECS.items() if _is_there(item.encoder))
        hardware = ", ".join(known for known in _hardware_names() if _is_there(known))
        raise UserError(
            f"codec={name}: this build of FFmpeg has no encoder for it; it has {there}"
            f"{f', and for hardware that has them {hardware}' if hardware else ''}."
        )
    if path.suffix.lower() not in codec.suffixes:
        raise UserError(f"{path}: cannot hold {name} video; name it {' or '.join(codec.suffixes)}")
    if encoding.quality is not None and codec.quality is None:
        raise UserError(f"quality={encoding.quality:g}: {name} has no quality to choose; leave it out.")
    formats = [known.name for known in av.Codec(codec.encoder, "w").video_formats or ()]
    if formats and encoding.pixel_format not in (None, *formats):
        raise UserError(f"pixel_format={encoding.pixel_format}: {codec.encoder} has {', '.join(formats)}.")
    return codec


def suffix_for(path: Path, encoding: Encoding) -> str:
    """The suffix of a file that holds what becomes of a video: its own where that will do."""
    codec = CODECS.get(encoding.codec or "h264")
    suffixes = codec.suffixes if codec else _MP4
    own = path.suffix.lower()
    return own if own in suffixes or (own == ".webm" and encoding.codec is None) else suffixes[0]


def settings_of(codec: Codec, encoding: Encoding) -> dict[str, str]:
    """The encoder's options."""
    options = dict(codec.options)
    if codec.quality is not None:
        name, usual = codec.quality
        options[name] = f"{usual if encoding.quality is None else encoding.quality:g}"
    if encoding.preset is not None:
        options["preset"] = encoding.preset
    return options


def _hardware(name: str) -> Codec | None:
    if name not in _hardware_names():
        return None
    kind, maker = name.split("_")
    deep = ("yuv420p", "yuv420p") if kind == "h264" else ("p010le", "p010le")
    return Codec(name, CODECS[kind].suffixes, _HARDWARE[maker], ("yuv420p", "yuv420p", *deep))


def _hardware_names() -> list[str]:
    return [f"{kind}_{maker}" for kind in ("h264", "hevc", "av1") for maker in _HARDWARE]


@cache
def _is_there(encoder: str) -> bool:
    try:
        av.Codec(encoder, "w")
    except ValueError:  # of unknown codecs
        return False
    return True
