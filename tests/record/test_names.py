"""Names of runs and of what else becomes a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from vidgan.errors import UserError
from vidgan.launch.sweep import sweep_folder
from vidgan.record.identity import locate, run_id
from vidgan.record.names import LONGEST, checked_name, name_of, slug, task_name

Composed = Callable[..., DictConfig]
LEADING_AWAY = [
    "../../evil",
    "..",
    ".",
    "",
    ".hidden",
    "a/b",
    "/tmp/evil",
    "a b",
    "a\\b",
    "a\n",
    "é",
    "a" * (LONGEST + 1),
]


@pytest.mark.parametrize("name", LEADING_AWAY)
def test_what_leads_away_is_no_name(name: str, composed: Composed) -> None:
    with pytest.raises(UserError, match=r"^key=.*letters, digits and \. _ -"):
        checked_name(name, "key")
    config = composed()
    config.name = name
    with pytest.raises(UserError, match=r"^name="):
        run_id(config)


@pytest.mark.parametrize("text", [*LEADING_AWAY, "Real ESRGAN (x4)", "видео", "_._.._x"])
def test_a_slug_is_always_a_name(text: str) -> None:
    assert checked_name(slug(text), "key") == slug(text)


def test_slugs_stay_readable() -> None:
    assert [slug(text) for text in ("../../evil", "Real ESRGAN (x4)", "x4.v2", "видео")] == [
        "evil",
        "Real_ESRGAN_x4",
        "x4.v2",
        "unnamed",
    ]


@pytest.mark.parametrize("name", ["quickstart", "srgan-x4_v1.2", "1", "a" * LONGEST])
def test_ordinary_names_are_names(name: str) -> None:
    assert checked_name(name, "key") == name


def test_the_name_within_an_id() -> None:
    ids = ["quickstart-1a2b3c4d", "quickstart-1a2b3c4d-r12", "a-b-00000000", "published", "quick-1234"]
    assert [name_of(run) for run in ids] == ["quickstart", "quickstart", "a-b", "published", "quick-1234"]


def test_a_task_is_called_as_its_class() -> None:
    assert task_name("vidgan.tasks.super_resolution.task.SuperResolution") == "super_resolution"
    assert task_name("lab.tasks.task.Deblurring") == "deblurring"
    assert task_name("lab.tasks.task.HDRVideo") == "hdr_video"


def test_data_of_ones_own_is_in_the_name(composed: Composed, tmp_path: Path) -> None:
    def name(*overrides: str) -> str:
        return name_of(run_id(composed(*overrides)))

    (tmp_path / "me.take2.mp4").touch()
    assert name() == "quickstart"
    assert name("data=folder", f"data.root={tmp_path}/my_videos") == "quickstart-my_videos"
    assert name("data=folder", f"data.root={tmp_path}/my_videos/", "name=mine") == "mine-my_videos"
    assert name("data=folder", f"data.root={tmp_path}/my_videos/..") == f"quickstart-{slug(tmp_path.name)}"
    filmed = ["experiments=pose_video/gym", "data=single_person"]
    assert name("experiments=pose_video/gym") == "gym"
    assert name(*filmed, f"data.video={tmp_path}/me.take2.mp4", "data.poses=me.npz") == "gym-me.take2"


def test_a_run_stays_within_its_folder(composed: Composed, tmp_path: Path) -> None:
    config = composed()
    folder, _ = locate(config)
    assert folder.path.parent == tmp_path / "runs/super_resolution"


def test_a_sweep_stays_within_the_runs(composed: Composed, tmp_path: Path) -> None:
    assert sweep_folder(composed(), "../../evil") == tmp_path / "runs/sweeps/evil"
    assert list(tmp_path.iterdir()) == [tmp_path / "runs"]
