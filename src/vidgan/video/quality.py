"""With which quality was a video coded? What encoders write into their streams, or what the quantizers tell."""

import re
import struct
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from vidgan.errors import UserError
from vidgan.video.reader import decode_what_can_be, opened

_LOOKED_AT = 32  # frames
_TEXT = 1 << 14  # bytes of an encoder's settings, of which there are some 700
_UUID = 16  # bytes that say whose they are
#: Of settings as x264 and x265 write them into their streams, in an SEI message of user data.
_ENCODER = re.compile(rb"x26[45]\b")
_CONTROL = re.compile(rb"\brc=(crf|cqp)\b")
_LEVEL = re.compile(rb"\b(?:crf|qp)=([0-9]{1,2}(?:\.[0-9]{1,3})?)\b")


@dataclass(frozen=True)
class Quality:
    """How coarsely a video was coded.

    Attributes:
        crf: constant rate factor, or what comes near to it.
        how: from what that is known, as a sentence for a person.
    """

    crf: float
    how: str


def told_quality(path: Path) -> Quality:
    """The constant rate factor or quantizer of a video, as its encoder wrote it down, or as its quantizers tell.

    Args:
        path: of the video. Of one that was not coded by a constant quality, or whose encoder does not say, the mean
            quantizer of the blocks of a frame counts, which FFmpeg's decoder of H.264 tells: that of the finest of its
            first frames, from which others are predicted. Of x264 it is within 1.3 of the rate factor.

    Raises:
        UserError: nothing is known.
    """
    with opened(path) as (container, stream):
        stream.codec_context.options = {**stream.codec_context.options, "export_side_data": "venc_params"}
        codec = stream.codec_context.name
        means = []
        for frame in islice(decode_what_can_be(container, stream), _LOOKED_AT):
            if quality := _written(frame):
                return quality
            if (mean := _quantizer(frame)) is not None:
                means.append(mean)
    if not means:
        raise UserError(
            f"input={path}: its {codec} stream does not tell the rate factor it was coded with; give crf=<0 to 51>."
        )
    finest = min(means)
    return Quality(finest, f"rate factor {finest:.1f}, the quantizer of the finest of the first {len(means)} frames")


def _beside(frame: VideoFrame) -> Any:
    """What comes with a frame; PyAV's types take it for a mapping."""
    return frame.side_data


def _written(frame: VideoFrame) -> Quality | None:
    """What the encoder wrote, which comes with the first frame."""
    for data in _beside(frame):
        if data.type == Type.SEI_UNREGISTERED:
            text = bytes(data)[_UUID:_TEXT]
            encoder, control, level = (form.search(text) for form in (_ENCODER, _CONTROL, _LEVEL))
            if encoder and control and level:
                kind = "rate factor" if control[1] == b"crf" else "quantizer"
                crf = float(level[1])
                return Quality(crf, f"{kind} {crf:g}, as {encoder[0].decode()} wrote into the stream")
    return None


def _quantizer(frame: VideoFrame) -> float | None:
    """The mean quantizer of a frame's blocks, by FFmpeg's ``AVVideoEncParams``; None where there is none."""
    for data in _beside(frame):
        if data.type == Type.VIDEO_ENC_PARAMS:
            content = bytes(data)
            blocks, offset, size, _, quantizer = struct.unpack_from("=IxxxxQQii", content)
            deltas = np.ndarray((blocks,), np.int32, content, offset + 16, (size,))
            return quantizer + float(deltas.mean()) if blocks else float(quantizer)
    return None
