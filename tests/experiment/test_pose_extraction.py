"""vidgan-pose: videos and key points to key points; every mistake in one sentence and nothing left behind."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig
from safetensors.torch import save_file

from tests.media import write_video
from tests.pose.boxes import boxes
from vidgan.errors import UserError
from vidgan.experiment.networks import DESCRIPTION
from vidgan.experiment.pose_extraction import extract
from vidgan.generators.pose_refiner import PoseRefiner
from vidgan.pose.files import read_poses, write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import COCO_17, OPENPOSE_18
from vidgan.video.reader import iterate, probe

Run = Callable[..., KeypointSequence]


@pytest.fixture
def run(composed: Callable[..., DictConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run(input, output, ...)``: runs the command with the estimator of boxes and reads what it has written."""
    monkeypatch.setenv("VIDGAN_ALLOWED_TARGETS", "tests.pose")

    def command(given: Path, output: str, *overrides: str) -> KeypointSequence:
        config = composed(f"input={given}", f"output='{tmp_path / output}'", *overrides, command="pose")
        config.estimator = {"_target_": "tests.pose.boxes.Boxes"}
        config.machine.progress = False
        return read_poses(extract(config))

    return command


@pytest.fixture
def video(tmp_path: Path) -> Path:
    frames = boxes(12, (5, 5, 20, 60), (70, 5, 30, 80))
    frames[5] = 0
    return write_video(tmp_path / "in.mp4", frames)


def test_main_person_is_followed_filled_and_drawn(
    run: Run, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = run(video, "out.npz", "smoother=none", f"preview={tmp_path}/preview.mp4")
    assert (made.skeleton, made.size, made.fps) == (COCO_17, (128, 96), Fraction(25))
    np.testing.assert_allclose(made.points[:, 0, 0, 0], 70 + np.arange(12), atol=1)
    out = capsys.readouterr().out
    assert "2 persons are found" in out
    assert "found in 11 of 12 frames" in out
    assert probe(tmp_path / "preview.mp4").frames == 12
    assert next(iterate(tmp_path / "preview.mp4"))[50, 85].max() > 60, "the skeleton, or the person"


@pytest.mark.parametrize("name", ["out.json", "out.csv", "out"])
def test_formats_by_suffix_and_key_points_as_input(run: Run, video: Path, tmp_path: Path, name: str) -> None:
    made = run(video, name, "smoother=savitzky_golay")
    assert made.skeleton is (COCO_17 if name == "out.json" else OPENPOSE_18)
    again = run(tmp_path / name, "again.npz", "smoother=none", f"video={video}", f"preview={tmp_path}/p.mp4")
    np.testing.assert_allclose(again.points[..., :2], made.points[..., :2], atol=1e-3)
    assert again.size == (128, 96)
    with pytest.raises(UserError, match=r"body_25 is expected"):
        run(tmp_path / name, "other.npz", "expect=body_25")


def test_mistakes_in_the_input(run: Run, video: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no person is found in any of its 3 frames"):
        run(write_video(tmp_path / "empty.mp4", boxes(3)), "out.npz")
    with pytest.raises(UserError, match="there is no such file"):
        run(tmp_path / "missing.mp4", "out.npz")
    with pytest.raises(UserError, match=r"output=.*in\.mp4 is an input itself"):
        run(video, "in.mp4")
    with pytest.raises(UserError, match=r"preview=.*in\.mp4 is an input itself"):
        run(video, "out.npz", f"preview={video}")
    with pytest.raises(UserError, match="expect is for an input of key points"):
        run(video, "out.npz", "expect=coco_17")
    with pytest.raises(UserError, match="video is for an input of key points"):
        run(video, "out.npz", f"video={video}")
    outside = np.full((12, 1, 17, 3), 500, np.float32)
    write_poses(KeypointSequence(outside, COCO_17), tmp_path / "outside.npz")
    with pytest.raises(UserError, match="100% of its key points are outside of the 128 x 96 frame"):
        run(tmp_path / "outside.npz", "out.npz", f"video={video}")
    with pytest.raises(UserError, match="preview needs the size"):
        run(tmp_path / "outside.npz", "out.npz", f"preview={tmp_path}/p.mp4")
    short = write_video(tmp_path / "short.mp4", boxes(3))
    with pytest.raises(UserError, match=r"12 frames and .*short\.mp4 3; they do not belong together"):
        run(tmp_path / "outside.npz", "out.npz", f"video={short}")
    assert not (tmp_path / "out.npz").exists()


def test_mistakes_in_the_output_are_found_before_the_work(run: Run, video: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not hold body_25; set skeleton=coco_17"):
        run(video, "out.json", "skeleton=body_25")
    with pytest.raises(UserError, match="skeleton=hand is unknown"):
        run(video, "out.npz", "skeleton=hand")
    with pytest.raises(UserError, match=r"\.txt is no format of key points"):
        run(video, "out.txt")
    with pytest.raises(UserError, match=r"cannot write \.xyz files"):
        run(video, "out.npz", "preview=p.xyz")
    with pytest.raises(UserError, match=r"give run=<id>, or weights=<file>"):
        run(video, "out.npz", "smoother=gan")
    for option in ("run=some", "weights=some.safetensors"):
        with pytest.raises(UserError, match=f"{option.partition('=')[0]} is for smoother=gan alone"):
            run(video, "out.npz", option)
    with pytest.raises(UserError, match=r"preview=.*p\.png is one picture, the input has 12 frames"):
        run(video, "out.npz", f"preview={tmp_path}/p.png")
    with pytest.raises(UserError, match=r"preview=.*both is the output itself"):
        run(video, "both", f"preview={tmp_path}/both")
    with pytest.raises(UserError, match="window=4 must be an odd number"):
        run(video, "out.npz", "smoother.window=4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


def test_what_is_there_is_not_replaced_unasked(run: Run, video: Path, tmp_path: Path) -> None:
    preview = write_video(tmp_path / "p.mp4", boxes(2))
    with pytest.raises(UserError, match=r"preview=.*p\.mp4 is there already; choose another name, or overwrite=true"):
        run(video, "out.npz", f"preview={preview}")
    run(video, "out.npz")
    with pytest.raises(UserError, match=r"output=.*out\.npz is there already"):
        run(video, "out.npz")
    assert len(run(video, "out.npz", "overwrite=true", f"preview={preview}")) == 12
    assert probe(preview).frames == 12


def test_unsure_key_points_are_missing(run: Run, tmp_path: Path) -> None:
    points = np.ones((12, 1, 17, 3), np.float32)
    points[..., 3, 2] = 0.05
    write_poses(KeypointSequence(points, COCO_17), tmp_path / "in.npz")
    made = run(tmp_path / "in.npz", "out.npz")
    assert np.isnan(made.points[:, 0, 3]).all()
    assert made.present.sum() == 12 * 16
    with pytest.raises(UserError, match=r"confidence=1\.5: no key point is as sure, the surest has 1\.00"):
        run(tmp_path / "in.npz", "none.npz", "confidence=1.5")
    assert not (tmp_path / "none.npz").exists()


def test_names_with_brackets_are_names(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_poses(KeypointSequence(np.ones((3, 1, 17, 3), np.float32), COCO_17), tmp_path / "in.npz")
    run(tmp_path / "in.npz", "[bold]out.npz")
    assert "[bold]out.npz" in capsys.readouterr().out


def test_a_trained_generator_smooths(run: Run, video: Path, tmp_path: Path) -> None:
    generator = PoseRefiner(channels=8, blocks=1, recurrent=4)  # not trained: the filtered track
    settings = {"_target_": "vidgan.generators.pose_refiner.PoseRefiner", "channels": 8, "blocks": 1, "recurrent": 4}
    weights = tmp_path / "refiner.safetensors"
    save_file(generator.state_dict(), weights, {DESCRIPTION: json.dumps(settings)})
    made = run(video, "gan.npz", "smoother=gan", f"weights={weights}")
    filtered = run(video, "filtered.npz", "skeleton=openpose_18")
    assert made.skeleton is OPENPOSE_18
    np.testing.assert_allclose(made.points, filtered.points, atol=1e-2)
