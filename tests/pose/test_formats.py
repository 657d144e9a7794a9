"""Files of key points: as published, there and back, and refused in one sentence."""

import json
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidgan.errors import UserError
from vidgan.pose.files import read_poses, write_poses
from vidgan.pose.formats.patn import read_patn_pictures
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import BODY_25, COCO_17, MEDIAPIPE_33, OPENPOSE_18, Skeleton


def some(skeleton: Skeleton, frames: int = 3, persons: int = 1) -> KeypointSequence:
    """Random key points of which some are missing; whole coordinates, so that every format can hold them."""
    draw = np.random.default_rng(0)
    points = draw.integers(1, 60, (frames, persons, len(skeleton), 3)).astype(np.float32)
    points[..., 2] = draw.uniform(0.1, 1, points.shape[:3]).round(3)
    points[draw.random(points.shape[:3]) < 0.2] = np.nan
    return KeypointSequence(points, skeleton, (64, 48), Fraction(30000, 1001))


@pytest.mark.parametrize(
    ("name", "skeleton", "persons"),
    [
        ("a.npz", MEDIAPIPE_33, 2),
        ("a.json", COCO_17, 2),
        ("folder", OPENPOSE_18, 2),
        ("folder", BODY_25, 1),
        ("a.csv", OPENPOSE_18, 1),
    ],
)
def test_there_and_back(tmp_path: Path, name: str, skeleton: Skeleton, persons: int) -> None:
    sequence = some(skeleton, persons=persons)
    write_poses(sequence, tmp_path / name)
    back = read_poses(tmp_path / name, expected=skeleton)
    numbers = 2 if name == "a.csv" else 3
    np.testing.assert_array_equal(back.points[..., :numbers], sequence.points[..., :numbers])
    assert back.skeleton is skeleton
    if name == "a.npz":
        assert (back.size, back.fps) == (sequence.size, sequence.fps)
    assert [path.name for path in tmp_path.iterdir()] == [name], "nothing temporary is left"


def openpose(folder: Path, *frames: list[list[float]]) -> Path:
    folder.mkdir()
    for number, people in enumerate(frames):
        text = json.dumps({"version": 1.3, "people": [{"pose_keypoints_2d": numbers} for numbers in people]})
        (folder / f"clip_{number:012d}_keypoints.json").write_text(text)
    return folder


def test_openpose_by_hand(tmp_path: Path) -> None:
    first = [10.0, 20.0, 0.5, 0.0, 0.0, 0.0] + [1.0] * 48
    sequence = read_poses(openpose(tmp_path / "out", [first], [], [first, first]))
    assert sequence.points.shape == (3, 2, 18, 3)
    assert sequence.points[0, 0, 0].tolist() == [10, 20, 0.5]
    assert sequence.present.sum((1, 2)).tolist() == [17, 0, 34]


def test_openpose_frames_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        people = [{"pose_keypoints_2d": [float(number)] * 54}]
        (tmp_path / f"frame_{number}.json").write_text(json.dumps({"people": people}))
    assert read_poses(tmp_path).points[:, 0, 0, 0].tolist() == [1, 2, 10]


def test_body_25_is_never_taken_for_18(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "out", [[1.0] * 75])
    assert read_poses(folder).skeleton is BODY_25
    with pytest.raises(UserError, match=r"body_25, openpose_18 is expected"):
        read_poses(folder, OPENPOSE_18)
    with pytest.raises(UserError, match=r"holds 25 key points \(body_25\), the files before it 18"):
        read_poses(openpose(tmp_path / "mixed", [[1.0] * 54], [[1.0] * 75]))
    with pytest.raises(UserError, match=r"51 numbers; 54 \(18 key points\) or 75 \(BODY_25\)"):
        read_poses(openpose(tmp_path / "coco", [[1.0] * 51]))


def test_patn_by_hand(tmp_path: Path) -> None:
    y, x = [20, -1, *range(3, 19)], [10, 7, *range(33, 49)]
    path = tmp_path / "fasion-resize-annotation-test.csv"
    path.write_text(f"name:keypoints_y:keypoints_x\na.jpg:{y}:{x}\nb.jpg:{y}:{x}\n")
    pictures = read_patn_pictures(path)
    assert list(pictures) == ["a.jpg", "b.jpg"]
    assert pictures["a.jpg"][0].tolist() == [10, 20, 1], "y comes first in the file"
    assert np.isnan(pictures["a.jpg"][1]).all(), "-1 in one coordinate is missing"
    assert read_poses(path).points.shape == (2, 1, 18, 3)


def coco(keypoints: list[float], **more: Any) -> dict[str, Any]:
    return {"image_id": 7, "keypoints": keypoints, **more}


def test_coco_by_hand(tmp_path: Path) -> None:
    numbers = [10, 20, 2, 0, 0, 0, *[5, 6, 1] * 15]
    data_set = {"images": [{"id": 9, "width": 64, "height": 48}, {"id": 7, "width": 64, "height": 48}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(data_set | {"annotations": [coco(numbers, track_id=3), coco(numbers, track_id=1)]}))
    sequence = read_poses(path)
    assert sequence.points.shape == (2, 2, 17, 3)
    assert sequence.size == (64, 48)
    assert sequence.points[0, 1, 0].tolist() == [10, 20, 1], "labelled is certain"
    assert np.isnan(sequence.points[0, :, 1]).all()
    assert np.isnan(sequence.points[1]).all(), "a picture without persons"
    path.write_text(json.dumps([coco([1, 2, 0.25] * 17)]))
    assert read_poses(path).points[0, 0, 16].tolist() == [1, 2, 0.25], "results give confidences"
    path.write_text(json.dumps([coco(numbers, track_id=3), coco(numbers, track_id=3)]))
    with pytest.raises(UserError, match="two persons of one picture have the same track_id"):
        read_poses(path)
    path.write_text(json.dumps({"people": [{"pose_keypoints_2d": [1.0] * 75}]}))
    with pytest.raises(UserError, match="is a single frame of OpenPose; give the folder"):
        read_poses(path)


def test_formats_that_cannot_hold_it(tmp_path: Path) -> None:
    for name, skeleton in (("a.json", BODY_25), ("a.csv", COCO_17), ("folder", MEDIAPIPE_33)):
        with pytest.raises(UserError, match=r"set skeleton=.*, or write \.npz"):
            write_poses(some(skeleton), tmp_path / name)
    with pytest.raises(UserError, match="one person, not 2"):
        write_poses(some(OPENPOSE_18, persons=2), tmp_path / "a.csv")
    with pytest.raises(UserError, match=r"\.pkl is no format of key points"):
        write_poses(some(OPENPOSE_18), tmp_path / "a.pkl")
    assert not list(tmp_path.iterdir())
    (tmp_path / "there").touch()
    (tmp_path / "v1.2").mkdir()
    (tmp_path / "v1.2" / "something").touch()
    for name in ("there", "v1.2"):
        with pytest.raises(UserError, match="is there already"):
            write_poses(some(OPENPOSE_18), tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.npz", b"not a zip"),
        ("a.npz", b""),
        ("a.json", b"{"),
        ("a.json", b"{}"),
        ("a.json", b"[1]"),
        ("a.json", b'[{"image_id": 1, "keypoints": [1, 2, 3]}]'),
        ("a.csv", b"name,y,x\n"),
        ("a.csv", b"name:keypoints_y:keypoints_x\n"),
        ("a.csv", b"name:keypoints_y:keypoints_x\na.jpg:[1, 2]:[3, 4]\n"),
        ("a.csv", b"name:keypoints_y:keypoints_x\na.jpg\n"),
        ("a.csv", b"\xff\xfe"),
        ("a.json", b"\xff\xfe"),
        ("a.json", b"[" * 100_000),
        ("a.json", b'{"images": [1], "annotations": []}'),
        ("a.csv", b"name:keypoints_y:keypoints_x\na.jpg:" + b"[" * 100_000 + b":[3, 4]\n"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=name):
        read_poses(tmp_path / name)


@pytest.mark.parametrize(
    "changed",
    [
        {"points": np.array([print], object)},
        {"points": np.array("a")},
        {"skeleton": np.array("hand")},
        {"skeleton": np.array("body_25")},
        {"fps": np.array([25, 0])},
        {"fps": np.array([-25, 1])},
        {"fps": np.array("a")},
        {"size": np.array([64])},
    ],
    ids=str,
)
def test_arrays_that_are_no_sequence_are_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    arrays: dict[str, Any] = {"points": np.ones((2, 1, 17, 3), np.float32), "skeleton": np.array("coco_17")}
    np.savez(tmp_path / "a.npz", **(arrays | changed))
    with pytest.raises(UserError, match=r"a\.npz: is no pose sequence"):
        read_poses(tmp_path / "a.npz")


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_damaged_archive_is_told(tmp_path: Path, place: float) -> None:
    path = tmp_path / "a.npz"
    write_poses(some(COCO_17), path)
    content = bytearray(path.read_bytes())
    start = int(place * len(content))
    content[start : start + 60] = b"\xaa" * 60
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.npz: is no pose sequence"):
        read_poses(path)


def test_no_memory_is_taken_for_more_than_any_recording_has(tmp_path: Path) -> None:
    packed = zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed as archive, archive.open("points.npy", "w", force_zip64=True) as member:
        for _ in range(1100):
            member.write(bytes(1 << 20))
    with pytest.raises(UserError, match=r"a\.npz: .*would take 1,153,433,600 bytes unpacked"):
        read_poses(tmp_path / "a.npz")
    rows = [{"image_id": number, "keypoints": [1] * 51} for number in range(3000)]
    (tmp_path / "a.json").write_text(json.dumps(rows + 3000 * [rows[0]]))
    with pytest.raises(UserError, match=r"a\.json: 3,000 frames of 3,001 persons would take 1,836,612,000 bytes"):
        read_poses(tmp_path / "a.json")


def test_nothing_to_read_is_told(tmp_path: Path) -> None:
    folder = openpose(tmp_path / "empty", [], [])
    with pytest.raises(UserError, match="no person in any of its 2 files"):
        read_poses(folder)
    with pytest.raises(UserError, match=r"000_keypoints\.json: is no key point file of OpenPose"):
        read_poses(openpose(tmp_path / "words", [["a"] * 54]))
    with pytest.raises(UserError, match="no such file"):
        read_poses(tmp_path / "missing.npz")
