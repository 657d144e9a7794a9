"""A picture of a person and a pose to a picture of the person in that pose."""

from collections.abc import Iterator
from os import fspath
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vidgan.inference.inputs import RATE_OF_FOLDERS
from vidgan.inference.movement import (
    Conditions,
    conditions,
    figure,
    movement,
    opened_output,
    refuse_others,
)
from vidgan.inference.new_video import refuse_output, write_all
from vidgan.inference.trained import Trained
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.tasks.pose_transfer.options import Options


def transfer_pose(
    source: str | Path,
    pose: str | Path,
    output: str | Path,
    *,
    trained: Trained,
    estimator: PoseEstimator,
    **options: Any,
) -> Path:
    """Shows the person of a picture in another pose; returns the path of what was written.

    Args:
        source: a picture of the person, or a video of which the frame with the surest pose is taken.
        pose: a picture of somebody in the pose, or key points in any format that ``vidgan-pose`` writes.
        output: a picture; of several poses a folder of pictures or a video.
        trained: called as :class:`vidgan.tasks.pose_transfer.task.PoseTransfer` calls its generator.
        estimator: what finds people in frames.
        options: further ones of :class:`~vidgan.tasks.pose_transfer.options.Options`, by name.

    Raises:
        UserError: one of these is at fault; nothing half-written is left.
    """
    given: dict[str, Any] = {
        "source": fspath(source),
        "pose": fspath(pose),
        "output": fspath(output),
        "estimator": estimator,
    }
    return use(trained, Options(**given, **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`transfer_pose`, of a command line."""
    source, pose, out = Path(options.source), Path(options.pose), Path(options.output)
    refuse_others(trained.network, "forward", 3, "pose_transfer")
    refuse_output(out, options, source, pose)
    poses = movement(pose, "pose", options, trained.progress)
    sink = opened_output(out, poses, poses.poses.fps or RATE_OF_FOLDERS, options)
    given = conditions(figure(source, "source", options, trained.progress), poses, trained, options)
    write_all(sink, _made(trained, given, options.chunk), len(poses), trained.progress)
    return out


def _made(trained: Trained, given: Conditions, chunk: int) -> Iterator[Tensor]:
    """The person in ``chunk`` of the poses after the other, (1, T, 3, H, W)."""
    for poses in given.target_keypoints.split(chunk, dim=1):
        with torch.inference_mode(), trained.mixed():
            made = trained.network(given.source, given.source_keypoints, poses)
        yield made
