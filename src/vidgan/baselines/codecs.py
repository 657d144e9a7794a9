"""The bars for a network that makes coded clips better: a filter, and other codecs at the same places."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial

import numpy as np
import torch
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from torch import Tensor

from vidgan.degradations.video_codec import VideoCodec

#: Of each codec its encoder's name, the preset that it is measured at (None is medium), and what makes its rate factor
#: of H.264's, so that the curves lie over each other: found on the clips that train.
_ENCODERS: Mapping[str, tuple[str, str | None, Callable[[Tensor], Tensor]]] = {
    "h264": ("x264", None, lambda crf: crf),
    "hevc": ("x265", None, lambda crf: crf),
    "av1": ("svt_av1", "6", lambda crf: (1.6 * crf + 2).round().clamp(max=63)),
}


#: From clips (B, T, 3, H, W) and rate factors (B,) of H.264 to clips after coding, and the bits (B, T) of their frames.
Encoder = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def encoders(besides: str) -> dict[str, Encoder]:
    """Those of other codecs than one, by their names."""
    return {
        name: partial(_recoded, VideoCodec(codec=codec, preset=preset), factor)
        for codec, (name, preset, factor) in _ENCODERS.items()
        if codec != besides
    }


def _recoded(
    codec: VideoCodec, factor: Callable[[Tensor], Tensor], frames: Tensor, crf: Tensor
) -> tuple[Tensor, Tensor]:
    return codec.coded(frames, factor(crf))


def deblocked(coded: Tensor) -> Tensor:
    """FFmpeg's filter ``deblock`` at its defaults, on 4:2:0: what a player can do without a network."""
    return torch.stack([_deblocked(clip) for clip in coded])


def _deblocked(clip: Tensor) -> Tensor:
    height, width = clip.shape[-2:]
    graph = Graph()
    graph.link_nodes(
        graph.add_buffer(
            width=width, height=height, format=VideoFormat("yuv420p", width, height), time_base=Fraction(1, 25)
        ),
        graph.add("deblock"),
        graph.add("buffersink"),
    ).configure()
    made = []
    for index, frame in enumerate((clip * 255).round().byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()):
        picture = VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv420p")
        picture.pts = index
        graph.push(picture)
        made.append(graph.vpull().to_ndarray(format="rgb24"))
    return torch.from_numpy(np.stack(made)).to(clip.device).permute(0, 3, 1, 2).float() / 255
