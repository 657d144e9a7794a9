"""Classical denoisers, as the bar for a trained one: OpenCV's and FFmpeg's, each at its best strength.

They take and give 8-bit RGB frames (T, H, W, 3), as these programs do, and the noise's standard deviation in 8-bit
levels. How their strengths follow from it was tuned on clips that no test sees; experiments/denoising/LOG.md has the
figures.
"""

import subprocess
from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from vidgan.errors import UserError
from vidgan.video.ffmpeg import ffmpeg_program
from vidgan.video.reader import Frames

#: From noisy frames and the noise's deviation to clean ones.
Denoiser = Callable[[Frames, float], Frames]

_NLM_REACH = 2  # frames on either side
#: Frames on either side that a method depends on. hqdn3d remembers all that came before, but noise for a few only.
REACHES = {"noisy": 0, "opencv_nlm": _NLM_REACH, "ffmpeg_nlmeans": 0, "ffmpeg_hqdn3d": 8}


def opencv_nlm(frames: Frames, sigma: float) -> Frames:
    """OpenCV's non-local means over five frames (Buades et al. 2005), the ends repeated."""
    padded = list(np.pad(frames, ((_NLM_REACH,) * 2, (0, 0), (0, 0), (0, 0)), "edge"))
    strength = 0.55 * sigma
    made = [
        cv2.fastNlMeansDenoisingColoredMulti(padded, index, 2 * _NLM_REACH + 1, None, strength, strength)
        for index in range(_NLM_REACH, len(frames) + _NLM_REACH)
    ]
    return np.stack(made)


def ffmpeg_nlmeans(frames: Frames, sigma: float) -> Frames:
    """FFmpeg's non-local means, frame by frame; PyAV carries it."""
    graph = Graph()
    height, width = frames.shape[1:3]
    source = graph.add_buffer(
        width=width, height=height, format=VideoFormat("yuv444p", width, height), time_base=Fraction(1, 25)
    )
    nlmeans = graph.add("nlmeans", f"s={min(max(0.28 * sigma, 1), 30)}:p=5:r=15")
    sink = graph.add("buffersink")
    source.link_to(nlmeans)
    nlmeans.link_to(sink)
    graph.configure()
    made = []
    for index, frame in enumerate(frames):
        picture = VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv444p")
        picture.pts = index
        graph.push(picture)
        made.append(graph.vpull().to_ndarray(format="rgb24"))
    return np.stack(made)


def ffmpeg_hqdn3d(frames: Frames, sigma: float) -> Frames:
    """FFmpeg's recursive low-pass in space and time; a program of its own, as PyAV leaves GPL filters out.

    Raises:
        UserError: there is no such program, see :func:`vidgan.video.ffmpeg.ffmpeg_program`, or it failed.
    """
    program = ffmpeg_program()
    if program is None:
        raise UserError("hqdn3d needs FFmpeg: pip install imageio-ffmpeg, or put ffmpeg on the PATH.")
    spatial, temporal = 1.5 * sigma, 1.3 * sigma
    height, width = frames.shape[1:3]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    chain = f"format=yuv444p,hqdn3d={spatial}:{spatial}:{temporal}:{temporal}"
    command = [program, "-v", "error", *raw, "-s", f"{width}x{height}", "-i", "-", "-vf", chain, *raw, "-"]
    ended = subprocess.run(command, input=frames.tobytes(), capture_output=True)
    if ended.returncode:
        raise UserError(f"{program} failed: {ended.stderr.decode(errors='replace').strip()}")
    return np.frombuffer(ended.stdout, np.uint8).reshape(frames.shape).copy()


def denoisers() -> dict[str, Denoiser]:
    """Those that work on this machine, by name; ``noisy`` does nothing."""
    known: dict[str, Denoiser] = {"noisy": _unchanged, "opencv_nlm": opencv_nlm, "ffmpeg_nlmeans": ffmpeg_nlmeans}
    return known if ffmpeg_program() is None else {**known, "ffmpeg_hqdn3d": ffmpeg_hqdn3d}


def _unchanged(frames: Frames, sigma: float) -> Frames:
    return frames
