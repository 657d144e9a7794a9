"""Setting a person in motion: a picture and a driving video, or key points, to a video of any length.

Memory does not grow with the video but for its key points: they are all found first, and then the frames are made and
written one by one.
"""

from collections.abc import Iterator
from dataclasses import replace
from os import fspath
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vidgan.inference.movement import (
    Conditions,
    conditions,
    figure,
    frame_rate,
    movement,
    opened_output,
    refuse_others,
)
from vidgan.inference.new_video import refuse_output, write_all
from vidgan.inference.trained import Trained
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.smoothing import MedianGaussian, Smoother, Unsmoothed, fill_gaps, unswapped
from vidgan.tasks.pose_video.options import Options
from vidgan.tasks.pose_video.task import takes_scene


def generate_video(
    reference: str | Path,
    driving: str | Path,
    output: str | Path,
    num_frames: int | None = None,
    *,
    trained: Trained,
    estimator: PoseEstimator,
    smoother: Smoother | None = None,
    **options: Any,
) -> Path:
    """Sets a person in motion; returns the path of what was written.

    Args:
        reference: a picture of the person, or a video of which the frame with the surest pose is taken.
        driving: a video of the movement, or key points in any format that ``vidgan-pose`` writes.
        output: a video, or a folder of pictures.
        num_frames: the first so many of the movement; None for all.
        trained: called as :class:`vidgan.tasks.pose_video.task.PoseVideo` calls its generator.
        estimator: what finds people in frames.
        smoother: of the movement; None is a running median and a Gaussian.
        options: further ones of :class:`~vidgan.tasks.pose_video.options.Options`, by name.

    Raises:
        UserError: one of these is at fault; nothing half-written is left.
    """
    paths: dict[str, Any] = {"reference": fspath(reference), "driving": fspath(driving), "output": fspath(output)}
    parts: dict[str, Any] = {"estimator": estimator, "smoother": MedianGaussian() if smoother is None else smoother}
    return use(trained, Options(**paths, **parts, num_frames=num_frames, **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`generate_video`, of a command line."""
    reference, driving, out = Path(options.reference), Path(options.driving), Path(options.output)
    refuse_others(trained.network, "stream", 4, "pose_video")
    refuse_output(out, options, reference, driving)
    found = movement(driving, "driving", options, trained.progress, options.num_frames)
    source = found.video if options.num_frames is None else None
    sink = opened_output(out, found, frame_rate(found, options.fps), options, source)
    poses = found.poses if isinstance(options.smoother, Unsmoothed) else unswapped(found.poses)
    moves = replace(found, poses=options.smoother(fill_gaps(poses, options.fill)))
    given = conditions(figure(reference, "reference", options, trained.progress), moves, trained, options)
    write_all(sink, _made(trained, given, options.chunk), len(moves), trained.progress)
    return out


def _made(trained: Trained, given: Conditions, chunk: int) -> Iterator[Tensor]:
    """The person in ``chunk`` of the poses after the other, (1, T, 3, H, W)."""
    state: Any = None
    behind = {} if given.scene is None or not takes_scene(trained.network) else {"scene": given.scene}
    for poses in given.target_keypoints.split(chunk, dim=1):
        with torch.inference_mode(), trained.mixed():
            made, state = trained.network.stream(given.source, given.source_keypoints, poses, state, **behind)  # type: ignore[operator]  # it has a memory
        yield made
