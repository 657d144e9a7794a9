"""A trained generator as a smoother."""

import numpy as np
import torch
from torch import nn

from vidgan.errors import UserError
from vidgan.generators.pose_refiner import PoseRefiner
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import Smoother, body_size, bridged


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
            raise UserError(f"smoother=gan needs a run of the task pose_sequence, not a {type(generator).__name__}.")
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
        with torch.no_grad():
            made = self.generator(torch.from_numpy(given).float().transpose(0, 1)).transpose(0, 1).numpy()
        points[..., :2] = np.where(sequence.present[..., None], made / scale + middle[:1], np.nan)
        return sequence.with_points(points)
