"""The pose models of ultralytics, with a weights file of your own. Mind that package's licence, AGPL-3.0."""

from pathlib import Path

import numpy as np

from vidgan.errors import UserError
from vidgan.pose.estimators.base import PoseEstimator, missing_package, refuse_other_model
from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import COCO_17
from vidgan.video.reader import Frames


class Ultralytics(PoseEstimator):
    """A YOLO pose model with 17 key points.

    Args:
        model: its weights, for instance ``yolo11n-pose.onnx``; a ``.pt`` is refused, because that package unpickles it.
        score: confidence from which a person counts as found.

    Raises:
        UserError: ultralytics or the file is missing, or the file is no ``.onnx``.
    """

    skeleton = COCO_17

    def __init__(self, model: str, score: float = 0.5) -> None:
        if not model.endswith(".onnx"):
            raise UserError(
                f"estimator.model={model}: other files than .onnx can run code while they are loaded; convert it, "
                f"yolo export model={model} format=onnx."
            )
        try:
            from ultralytics import YOLO
        except ImportError as error:
            raise missing_package("ultralytics", "pip install ultralytics, or take estimator=blazepose") from error
        if not Path(model).is_file():  # it would try to download it
            raise UserError(f"estimator.model={model}: there is no such file of weights.")
        self._model, self.score = YOLO(model, task="pose"), score

    def __call__(self, frame: Frames) -> Points:
        bgr = np.ascontiguousarray(frame[..., ::-1])
        result = self._model.predict(bgr, conf=self.score, verbose=False)[0]
        points = result.keypoints.data.cpu().numpy().astype(np.float32)
        if not points.size:  # of nobody its shape differs by version
            return np.zeros((0, len(self.skeleton), 3), np.float32)
        refuse_other_model(points, self.skeleton, "estimator.model")
        points[(points[..., :2] == 0).all(-1)] = np.nan  # missing is 0, 0
        return points
