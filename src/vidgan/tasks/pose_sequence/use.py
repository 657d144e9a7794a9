"""Key points as an estimator found them to corrected ones; also a smoother for ``vidgan-pose``."""

from os import fspath
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vidgan.errors import UserError, told_of
from vidgan.generators.pose_refiner import PoseRefiner
from vidgan.inference.outputs import allow_overwriting, refuse_inputs
from vidgan.inference.people import refuse_nobody, refuse_outside
from vidgan.inference.trained import Trained
from vidgan.pose.files import read_poses, refuse_unwritable, skeleton_for, write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import OPENPOSE_18, skeleton_named
from vidgan.pose.smoothing import Smoother, body_size, bridged, fill_gaps
from vidgan.tasks.pose_sequence.options import Options


def refine_poses(input: str | Path, output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Corrects the key points of a file; returns the path of what was written.

    Args:
        input: key points in any format that ``vidgan-pose`` writes.
        output: key points in the format of its suffix.
        trained: a :class:`~vidgan.generators.pose_refiner.PoseRefiner`.
        options: further ones of :class:`~vidgan.tasks.pose_sequence.options.Options`, by name.

    Raises:
        UserError: the input, the output or an option is at fault; nothing half-written is left.
    """
    return use(trained, Options(input=fspath(input), output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`refine_poses`, of a command line."""
    given, out = Path(options.input), Path(options.output)
    refuse_inputs(out, given)
    with told_of("input"):
        found = read_poses(given)
    refuse_nobody(found, f"input={given}")
    refuse_outside(found, given)
    skeleton = skeleton_named(options.skeleton) if options.skeleton else skeleton_for(out, OPENPOSE_18)
    refuse_unwritable(out, skeleton)
    allow_overwriting([out], options.overwrite)
    refined = Refined(options.size, trained.network)
    write_poses(refined(fill_gaps(found, options.fill)).converted(skeleton), out)
    return out


class Refined(Smoother):
    """Key points of OpenPose-18 as a run of the task pose_sequence corrects them; it has learned 30 frames a second.

    Missing ones are bridged for the network, with confidence 0, and stay missing.

    Args:
        size: :func:`body_size` of the persons that it was trained on, in pixels; others are scaled to it.
        generator: of the run.

    Raises:
        UserError: the run is one of another task.
    """

    skeleton = OPENPOSE_18

    def __init__(self, size: float, generator: nn.Module) -> None:
        if not isinstance(generator, PoseRefiner):
            raise UserError(
                f"Correcting key points needs a run of the task pose_sequence, not a {type(generator).__name__}."
            )
        self.generator, self.size = generator.eval(), size

    def __call__(self, sequence: KeypointSequence) -> KeypointSequence:
        sequence = sequence.converted(OPENPOSE_18)
        if not sequence.present.any():
            return sequence
        points = sequence.points.copy()
        scale = self.size / body_size(points)
        places = bridged(points[..., :2].reshape(len(points), -1).astype(np.float64)).reshape(points[..., :2].shape)
        seen = np.maximum(1, np.isfinite(places).sum(2, keepdims=True))
        middle = np.nansum(places, axis=2, keepdims=True) / seen
        # A key point that is never seen is in the middle of the others, where it does no harm.
        known = np.where(np.isnan(places), middle, places)
        given = np.concatenate([scale * (known - middle[:1]), np.nan_to_num(points[..., 2:], nan=0.0)], -1)
        device = next(self.generator.parameters()).device
        with torch.no_grad():
            made = self.generator(torch.from_numpy(given).float().transpose(0, 1).to(device))
        made = made.transpose(0, 1).cpu().numpy()
        points[..., :2] = np.where(sequence.present[..., None], made / scale + middle[:1], np.nan)
        return sequence.with_points(points)
