"""The video that a run has learned, made anew: read again, warped, and written; memory does not grow with its length.

It grows where patches of all of it are compared: ``method=vgpnn`` and ``refine``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from os import fspath
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.baselines.retargeting import retargetings
from vidgan.data.single_video import WorkedVideo
from vidgan.errors import UserError
from vidgan.generators.ingan import InGAN
from vidgan.inference.new_video import refuse_output, refuse_picture, write_new
from vidgan.inference.options import height_and_width
from vidgan.inference.trained import Trained
from vidgan.ops.homography import horizon
from vidgan.ops.patch_nn import refined
from vidgan.ops.video_texture import THUMBNAIL, frame_path
from vidgan.tasks.single_video.geometry import Reach, drawn_warp, warp_between
from vidgan.tasks.single_video.options import METHODS, Options, ends_of

_HEIGHT = 128  # of weights of a file, which do not tell at which they were trained
_REACH = Reach(1.0, 1.0, 15.0, 0.2)  # likewise
_NEAREST = 0.1  # to the horizon


def make_anew(output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Makes the video that a run has learned anew; returns the path of what was written.

    Args:
        output: a video, or a folder of pictures.
        trained: an :class:`InGAN` of a run, which knows its video, or of a file, which has to be given ``input``.
        options: further ones of :class:`~vidgan.tasks.single_video.options.Options`, by name.

    Raises:
        UserError: the video is gone or is no more what was trained on, or an option is at fault; nothing half-written
            is left.
    """
    return use(trained, Options(output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`make_anew`, of a command line."""
    video = _video(trained, options)
    plan = _planned(video, trained, options)
    path = Path(options.output)
    refuse_picture(path, len(plan.frames), f"{len(plan.frames)} frames are asked for (frames=1 makes one)")
    refuse_output(path, options, video.source.path)
    fps = video.fps if options.fps is None else Fraction(str(options.fps))
    return write_new(_made(video, plan, trained, options), len(plan.frames), options, fps, trained.progress)


@dataclass(frozen=True)
class _Plan:
    """What is made: which frames of the video are shown, at which size (height, width), led by which homographies."""

    frames: list[int]
    size: tuple[int, int]
    matrices: Tensor


def _video(trained: Trained, options: Options) -> WorkedVideo:
    """That of the run, as it was worked with; or the input likewise."""
    if not isinstance(trained.network, InGAN):
        name = type(trained.network).__name__
        raise UserError(f"{name} is no network of the task single_video; give a run of that task.")
    data = trained.recorded.get("data") or {}
    height = data.get("height") or _HEIGHT
    if options.input is not None:
        return WorkedVideo.at(Path(options.input), height, key="input")
    if not data.get("root"):
        raise UserError("weights of a file do not know their video; give input=<it>.")
    if told := trained.altered("data.root"):
        raise UserError(f"{told}, and is what this run has learned; put it back, or give input=<where it is now>.")
    return WorkedVideo.at(Path(data["root"]), height, data.get("num_frames"))


def _planned(video: WorkedVideo, trained: Trained, options: Options) -> _Plan:
    size = video.size if options.size is None else height_and_width(options.size)
    assert isinstance(trained.network, InGAN)
    smallest = trained.network.smallest
    if min(size) < smallest:
        raise UserError(
            f"size={options.size}: this network makes {smallest} pixels a side or more; choose a larger size."
        )
    frames = _shown(video, len(video) if options.frames is None else options.frames)
    aspect, ends = size[1] / size[0], ends_of(options.transform)
    if ends is None:
        task = trained.recorded.get("task") or {}
        reach = Reach(1.0, 1.0, task.get("rotation", _REACH.rotation), task.get("tilt", _REACH.tilt))
        matrices = drawn_warp(torch.tensor([options.seed]), len(frames), reach, aspect)[0]
    else:
        first, last = (torch.tensor([end]) for end in ends)
        matrices = warp_between(first, last, len(frames), aspect)[0]
    if horizon(matrices).min() < _NEAREST:
        raise UserError(f"transform={options.transform}: a corner would lie beyond the horizon; tilt or turn less.")
    return _Plan(frames, size, matrices)


def _shown(video: WorkedVideo, count: int) -> list[int]:
    """The numbers of the frames that are shown; the video is gone through once where it is to be of another length."""
    if count == len(video):
        return list(range(count))
    parts = (video.read(start, min(8, len(video) - start)) for start in range(0, len(video), 8))
    return frame_path(torch.cat([F.adaptive_avg_pool2d(part.float() / 255, THUMBNAIL) for part in parts]), count)


def _made(video: WorkedVideo, plan: _Plan, trained: Trained, options: Options) -> Iterator[Tensor]:
    """(1, T, 3, H, W) one after the other."""
    if options.method == METHODS[0] and not options.refine:
        yield from _pieces(video, plan, trained, options.chunk)
        return
    whole = video.read(0, len(video)).to(trained.device).float() / 255
    with torch.inference_mode():
        if options.method == METHODS[0]:
            made = torch.cat([piece[0] for piece in _pieces(video, plan, trained, options.chunk)]).float()
        else:
            make: Callable[..., Tensor] = retargetings()[options.method]
            seed = options.seed if ends_of(options.transform) is None else None
            made = make(whole, whole[plan.frames], plan.matrices.to(whole.device), plan.size, seed)
        yield (refined(whole, made, options.refine, options.seed) if options.refine else made)[None]


def _pieces(video: WorkedVideo, plan: _Plan, trained: Trained, chunk: int) -> Iterator[Tensor]:
    for start in range(0, len(plan.frames), chunk):
        numbers = plan.frames[start : start + chunk]
        frames = torch.cat([video.read(first, count) for first, count in _runs(numbers)])
        given = (frames.to(trained.device).float() / 255)[None]
        matrices = plan.matrices[start : start + chunk].to(trained.device)[None]
        with torch.inference_mode(), trained.mixed():
            made: Tensor = trained.network(given, plan.size, matrices)
        yield made


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Stretches of numbers that follow each other: the first, and how many."""
    start = 0
    for index in range(1, len(numbers) + 1):
        if index == len(numbers) or numbers[index] != numbers[index - 1] + 1:
            yield numbers[start], index - start
            start = index
