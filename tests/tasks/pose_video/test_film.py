"""A run that was trained on a film of one person knows the film when it is used."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from tests.data.persons.test_scene import film
from tests.media import write_video
from tests.pose.recorded import Recorded
from tests.tasks.pose_video.test_use import TINY
from vidgan.config.paths import CONF
from vidgan.config.registration import register
from vidgan.data.persons.film import Film
from vidgan.data.pictures import decode_image
from vidgan.errors import UserError
from vidgan.experiment.knowledge import NAME, recall
from vidgan.experiment.prediction import predict
from vidgan.experiment.training import train
from vidgan.pose.files import write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.record.folder import RunFolder
from vidgan.video.writer import encode_picture

FRAMES, POINTS = film(16, 4.0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("film")
    write_video(folder / "me.mp4", FRAMES)
    certain = np.concatenate([POINTS, np.ones((16, 18, 1), np.float32)], -1)
    write_poses(KeypointSequence(certain[:, None], OPENPOSE_18, (160, 120)), folder / "me.npz")
    register()
    own = [f"data.video={folder}/me.mp4", f"data.poses={folder}/me.npz", f"paths.runs={folder}/runs"]
    given = ["experiments=pose_video/gym", *(key for key in TINY[1:] if not key.startswith("data.eval"))]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        train(compose("train", [*given, "data=single_person", *own]))
    return RunFolder(next((folder / "runs").glob("*/gym-*")))


@pytest.fixture
def used(composed: Callable[..., DictConfig], tmp_path: Path) -> Callable[..., np.ndarray]:
    """``used(run, picture)``: the first frame of the film's movement, shown with the person of a picture."""
    (tmp_path / "me.png").write_bytes(encode_picture(FRAMES[9], ".png"))
    certain = np.concatenate([POINTS[:3], np.ones((3, 18, 1), np.float32)], -1)
    write_poses(KeypointSequence(certain[:, None], OPENPOSE_18, (160, 120)), tmp_path / "walk.npz")

    def use(run: Path) -> np.ndarray:
        paths = [f"run={run}", f"reference={tmp_path}/me.png", f"driving={tmp_path}/walk.npz", f"output={tmp_path}/out"]
        here = ["machine=cpu", "machine.precision=32-true", "machine.progress=false", "fps=25", "retarget=false"]
        config = composed(*here, *paths, "overwrite=true", command="predict")
        config.estimator = {"_target_": f"{Recorded.__module__}.Recorded", "points": POINTS[9].tolist()}
        first = min(predict(config).iterdir())
        return decode_image(first.read_bytes(), first.name)

    return use


@pytest.fixture(autouse=True)
def _own_estimator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDGAN_ALLOWED_TARGETS", "tests.pose")


def test_the_film_is_kept_with_the_run_and_shown_where_it_is_used(
    trained: RunFolder, used: Callable[..., np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    known = Film.of(recall(trained))
    assert known is not None
    assert known.scene.known.mean() > 0.8
    made = used(trained.path)
    assert "the picture is of the film that trained" in capsys.readouterr().out
    scene = known.scene.shown(known.framing)
    away = np.s_[:, -4:]  # the first poses are on the left
    assert np.abs(made[away].astype(int) - scene[away]).mean() < 40


def test_a_run_without_a_film_predicts_as_before(
    trained: RunFolder, used: Callable[..., np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = shutil.copytree(trained.path, tmp_path / "older")
    (older / NAME).unlink()
    assert recall(RunFolder(older)) == {}
    made = used(older)
    assert "of the film" not in capsys.readouterr().out
    assert made.shape == (32, 24, 3)


def test_what_is_known_is_held_to_its_run_and_to_what_was_written(trained: RunFolder, tmp_path: Path) -> None:
    other = RunFolder(shutil.copytree(trained.path, tmp_path / "other"))
    other.update_summary(id="another-0")
    with pytest.raises(UserError, match=rf"{NAME} is of another run, {trained.id}; put back that of another-0"):
        recall(other)
    content = bytearray((trained.path / NAME).read_bytes())
    content[-5] ^= 1
    (other.path / NAME).write_bytes(content)
    other.update_summary(id=trained.id)
    with pytest.raises(UserError, match="cannot be read: it is damaged"):
        recall(other)
