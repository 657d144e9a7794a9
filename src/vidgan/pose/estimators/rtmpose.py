"""RTMPose (Jiang et al. 2023) by rtmlib, with ONNX files of your own."""

from pathlib import Path

import numpy as np

from vidgan.errors import UserError
from vidgan.pose.estimators.base import PoseEstimator, missing_package, refuse_other_model
from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import COCO_17
from vidgan.video.reader import Frames


class RTMPose(PoseEstimator):
    """A YOLOX detector of people, then RTMPose with 17 key points on each of them.

    Args:
        detector: ONNX file of the detector.
        pose: ONNX file of the pose model.
        detector_size: width and height that the detector takes.
        pose_size: width and height that the pose model takes.
        backend: ``onnxruntime`` or ``opencv``.
        device: ``cpu`` or ``cuda``.

    Raises:
        UserError: rtmlib or a file is missing.
    """

    skeleton = COCO_17

    def __init__(
        self,
        detector: str,
        pose: str,
        detector_size: tuple[int, int] = (640, 640),
        pose_size: tuple[int, int] = (192, 256),
        backend: str = "onnxruntime",
        device: str = "cpu",
    ) -> None:
        try:
            import rtmlib
        except ImportError as error:
            raise missing_package("rtmlib", "pip install rtmlib onnxruntime, or take estimator=blazepose") from error
        for key, path in (("detector", detector), ("pose", pose)):
            if not Path(path).is_file():  # rtmlib would try to download it
                raise UserError(f"estimator.{key}={path}: there is no such ONNX file.")
        self._detector = rtmlib.YOLOX(detector, tuple(detector_size), backend=backend, device=device)
        self._pose = rtmlib.RTMPose(pose, tuple(pose_size), backend=backend, device=device)

    def __call__(self, frame: Frames) -> Points:
        bgr = np.ascontiguousarray(frame[..., ::-1])
        boxes = self._detector(bgr)
        if not len(boxes):  # rtmlib would take the whole picture for a person
            return np.zeros((0, len(self.skeleton), 3), np.float32)
        places, scores = self._pose(bgr, bboxes=boxes)
        points = np.concatenate([places, np.clip(scores, 0, 1)[..., None]], axis=-1).astype(np.float32)
        refuse_other_model(points, self.skeleton, "estimator.pose")
        return points
