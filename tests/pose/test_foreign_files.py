"""Key points as other programs write them: read right, or refused in one sentence."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidgan.errors import UserError
from vidgan.pose.files import read_poses, write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import BODY_25, COCO_17, OPENPOSE_18

XY = [(10.0 + i, 20.0 + 2 * i) for i in range(17)]  # COCO's 17, in a frame of 64 x 80
FLAT = [number for x, y in XY for number in (x, y, 0.5)]
SHARES = [number for x, y in XY for number in (x / 64, y / 80, 0.5)]
IMAGE = {"width": 64, "height": 80}
ALPHA = {"category_id": 1, "score": 2.5}


def moved(by: float, numbers: list[float] = FLAT) -> list[float]:
    """The same ``by`` pixels to the right."""
    return [number + by if index % 3 == 0 else number for index, number in enumerate(numbers)]


def result(name: Any, by: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"image_id": name, "keypoints": moved(by), **more}


def images(*ids: Any, size: bool = True) -> list[dict[str, Any]]:
    return [{"id": one} | (IMAGE if size else {}) for one in ids]


def mmpose(number: int, by: float) -> dict[str, Any]:
    return {
        "frame_id": number,
        "instances": [{"keypoints": [[x + by, y] for x, y in XY], "keypoint_scores": [0.5] * 17}],
    }


def frame(by: float, numbers: int = 54, **more: Any) -> dict[str, Any]:
    points = [value for index in range(numbers // 3) for value in (10.0 + index + by, 20.0 + 2 * index, 0.5)]
    return {"people": [{"pose_keypoints_2d": points}], **more}


READ: dict[str, tuple[Any, list[float | None]]] = {
    # what is in the file; x of the nose by frame, None where nobody is
    "alphapose in the order of its numbers": (
        [result(f"{n}.jpg", n, **ALPHA) for n in (0, 1, 10, 2, *range(3, 10))],
        [10.0 + n for n in range(11)],
    ),
    "alphapose with a frame of nobody": ([result(f"{n}.jpg", n, **ALPHA) for n in (0, 1, 3)], [10, 11, None, 13]),
    "alphapose with the clip in its names": ([result(f"clip2_{n:04d}.png", n) for n in (7, 8, 10)], [17, 18, None, 20]),
    "results of numbered frames": ([result(n, n) for n in (4, 5, 7)], [14, 15, None, 17]),
    "results of pictures that are no frames": ([result(n, 0) for n in (397133, 37777, 252219)], [10, 10, 10]),
    "halpe of 26 points": ([{"image_id": "0.jpg", "keypoints": FLAT + [1.0] * 27}], [10]),
    "halpe of 136 points": ([{"image_id": "0.jpg", "keypoints": FLAT + [1.0] * 357}], [10]),
    "coco-wholebody": ([{"image_id": 1, "keypoints": FLAT + [1.0] * 348}], [10]),
    "text as ids": ({"images": images("f10", "f9"), "annotations": [result("f10", 1), result("f9")]}, [10, 11]),
    "text as tracks": (
        {"images": images(1), "annotations": [result(1, 3, track_id="b"), result(1, 0, track_id="a")]},
        [10],
    ),
    "shares of a known frame": (
        {"images": images(1), "annotations": [{"image_id": 1, "keypoints": SHARES}]},
        [10 - 0.5],
    ),
    "a data set without sizes": ({"images": images(1, 2, size=False), "annotations": [result(2)]}, [None, 10]),
    "mmpose": ({"meta_info": {}, "instance_info": [mmpose(2, 1), mmpose(1, 0)]}, [10, 11]),
    "mmpose with nobody": ({"instance_info": [mmpose(1, 0), {"frame_id": 2, "instances": []}]}, [10, None]),
    "frames of OpenPose in a list": ([frame(0), {"people": []}, frame(2)], [10, None, 12]),
    "BODY_25 in a list": ([frame(1, 75)], [11]),
    "frames of ComfyUI": (
        [frame(0, canvas_width=64, canvas_height=80), frame(1, canvas_width=64, canvas_height=80)],
        [10, 11],
    ),
    "people without a body": ([frame(0), {"people": [{"pose_keypoints_2d": []}]}], [10, None]),
}

REFUSED: dict[str, tuple[Any, str]] = {
    "shares of an unknown frame": (
        [{"image_id": 1, "keypoints": SHARES}],
        "between 0 and 1, and the frame's size is not",
    ),
    "shares around the middle": (
        {"images": images(1), "annotations": [{"image_id": 1, "keypoints": [v - 0.4 for v in SHARES]}]},
        "between -1 and 1; write them in pixels",
    ),
    "shares in OpenPose": (
        [{"people": [{"pose_keypoints_2d": [0.25, 0.5, 0.9] * 18}]}],
        "shares of the frame, between 0 and 1",
    ),
    "points of PoseTrack": (
        {"images": images(1), "annotations": [result(1)], "categories": [{"keypoints": ["nose", "head_bottom"]}]},
        r"its key points are nose, head_bottom, \.\.\.; COCO's 17 are expected",
    ),
    "landmarks of MediaPipe": ([{"landmarks": [{"x": 0.5, "y": 0.5}] * 33}], "holds landmarks of MediaPipe"),
    "ultralytics": (
        [{"name": "person", "class": 0, "keypoints": {"x": [1], "y": [1]}}],
        "holds name, class, keypoints; give COCO",
    ),
    "alphapose in OpenPose's manner": ({"0.jpg": {"bodies": []}}, r"holds 0\.jpg; give COCO"),
    "one frame of OpenPose": (frame(0), "is a single frame of OpenPose; give the folder"),
    "a number": (5, "holds no key points that are known"),
    "numbers": ([1, 2], "holds no key points that are known"),
    "nothing": ({}, "holds nothing; give COCO"),
    "mmpose without points": ({"instance_info": [{"frame_id": 1, "instances": [{}]}]}, "is no file of MMPose"),
    "a hand": ([{"image_id": 1, "keypoints": [1.0] * 63}], r"a person has 63 numbers; 51 \(17 key points\)"),
    "hands in a list": ([frame(0, 63)], r"63 numbers; 54 \(18 key points\) or 75"),
    "two skeletons": ([frame(0), frame(0, 75)], "holds 25 key points"),
    "a rate of nothing": (
        {"images": images(1), "annotations": [result(1)], "fps": [0, 1]},
        "two whole numbers above 0",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_what_others_write_is_read(tmp_path: Path, name: str) -> None:
    content, expected = READ[name]
    (tmp_path / "a.json").write_text(json.dumps(content))
    sequence = read_poses(tmp_path / "a.json")
    nose = sequence.points[:, 0, 0, 0]
    np.testing.assert_allclose(nose, [np.nan if x is None else x for x in expected], rtol=1e-6)
    told = sequence.points[np.isfinite(sequence.points[..., 0])]
    assert set(np.unique(told[:, 2])) <= {0.5, 1.0}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused(tmp_path: Path, name: str) -> None:
    content, sentence = REFUSED[name]
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=sentence):
        read_poses(tmp_path / "a.json")


@pytest.mark.parametrize(("name", "skeleton"), [("a.json", COCO_17), ("folder", OPENPOSE_18), ("folder", BODY_25)])
def test_rate_and_size_survive(tmp_path: Path, name: str, skeleton: Any) -> None:
    points = np.random.default_rng(0).uniform(2, 60, (3, 1, len(skeleton), 3)).astype(np.float32)
    points[..., 2] = 0.5
    for size, fps in (((64, 80), Fraction(30000, 1001)), (None, None)):
        path = tmp_path / str(fps is None) / name
        path.parent.mkdir()
        write_poses(KeypointSequence(points, skeleton, size, fps), path)
        back = read_poses(path)
        assert (back.size, back.fps) == (size, fps)
