"""Estimators: what can be checked without their models, and who is followed."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.rounding import FLOAT32
from vidgan.errors import UserError
from vidgan.pose.estimators.base import refuse_other_model
from vidgan.pose.estimators.blazepose import _ANCHORS, BlazePose, Square, _crop_matrix, _same, _square
from vidgan.pose.estimators.rtmpose import RTMPose
from vidgan.pose.estimators.ultralytics import Ultralytics
from vidgan.pose.skeleton import COCO_17


def test_anchors_are_the_published_ones() -> None:
    assert _ANCHORS.shape == (2254, 2)
    np.testing.assert_allclose(
        _ANCHORS[[0, 1, 2]], [[0.5 / 28] * 2, [0.5 / 28] * 2, [1.5 / 28, 0.5 / 28]], rtol=FLOAT32
    )
    np.testing.assert_allclose(_ANCHORS[-1], [6.5 / 7] * 2, rtol=FLOAT32)


def test_square_around_a_person_is_upright_in_the_crop() -> None:
    square = _square(np.array([50.0, 60.0]), np.array([50.0, 40.0]))  # the rim above the middle: not turned
    assert square.side == pytest.approx(2 * 20 * 1.25)
    assert square.angle == pytest.approx(0)
    turned = _square(np.array([50.0, 60.0]), np.array([70.0, 60.0]))  # lying, the head to the right
    crop = _crop_matrix(turned)
    np.testing.assert_allclose(crop @ [50, 60, 1], [128, 128], atol=1e-9)  # float64
    np.testing.assert_allclose(crop @ [70, 60, 1], [128, 128 - 256 / 2.5], atol=1e-9)  # the head is up


def test_squares_of_one_person() -> None:
    one = Square(np.array([50.0, 50.0]), 100.0, 0.0)
    assert _same(one, one._replace(centre=np.array([64.0, 50.0])))
    assert not _same(one, one._replace(centre=np.array([66.0, 50.0])))


def test_missing_and_foreign_models_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"pip download --no-deps .* -d .* mediapipe==0\.10\.21"):
        BlazePose(str(tmp_path))
    (tmp_path / "pose_detection.tflite").write_bytes(b"something else")
    with pytest.raises(UserError, match=r"its pose_detection\.tflite is not the one of mediapipe==0\.10\.21"):
        BlazePose(str(tmp_path))
    (tmp_path / "pose_detection.tflite").unlink()
    with zipfile.ZipFile(tmp_path / "mediapipe-0.10.21-any.whl", "w") as wheel:
        wheel.writestr("mediapipe/modules/pose_detection/pose_detection.tflite", b"found, but something else")
    with pytest.raises(UserError, match="is not the one"):
        BlazePose(str(tmp_path))
    (tmp_path / "mediapipe-0.10.21-any.whl").write_bytes(b"cut short")
    with pytest.raises(UserError, match=r"any\.whl: cannot be read as a wheel"):
        BlazePose(str(tmp_path))


def test_missing_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rtmlib", "ultralytics", "ai_edge_litert.interpreter"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match="needs the package rtmlib"):
        RTMPose("a.onnx", "b.onnx")
    with pytest.raises(UserError, match="needs the package ultralytics"):
        Ultralytics("a.onnx")
    with pytest.raises(UserError, match=r"needs the package ai-edge-litert, which is not installed; install vidgan\[p"):
        BlazePose("models")  # told before the models are asked for


def test_a_model_of_other_key_points_is_refused() -> None:
    refuse_other_model(np.zeros((2, 17, 3), np.float32), COCO_17, "estimator.model")
    for shape in ((2, 133, 3), (17, 21, 3), (2, 17, 2)):
        with pytest.raises(UserError, match=r"estimator\.model: .* 17 key points \(coco_17\)"):
            refuse_other_model(np.zeros(shape, np.float32), COCO_17, "estimator.model")
