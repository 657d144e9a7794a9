"""A finished run is its recorded result only while code, data and weights are what they were."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from tests.media import write_splits
from vidgan.record import inputs
from vidgan.record.folder import FINISHED, RUNNING
from vidgan.record.identity import locate
from vidgan.record.provenance import record

Composed = Callable[..., DictConfig]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    return write_splits(tmp_path / "clips", frames=2)


@pytest.fixture
def config(composed: Composed, clips: Path, tmp_path: Path) -> DictConfig:
    """Of a training on clips, from weights of a file."""
    (tmp_path / "start.pth").write_text("weights")
    return composed("data=folder", f"data.root={clips}", f"+warm_start.generator={tmp_path}/start.pth")


def trained(config: DictConfig, state: str = FINISHED) -> str:
    """Leaves behind what a training would, but for its networks; returns its id."""
    folder, _ = locate(config)
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.update_summary(state=state)
    record(config, folder, 0, "32-true")
    return folder.id


def test_nothing_has_changed(config: DictConfig, clips: Path) -> None:
    name = trained(config)
    shutil.copytree(clips, clips.parent / "copy")  # a fresh checkout: other times, other inodes
    shutil.rmtree(clips)
    (clips.parent / "copy").rename(clips)
    folder, reason = locate(config)
    assert (folder.id, reason) == (name, "Finished before, with the same code and data: its recorded result.")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda root: shutil.copy(root / "train/1.mp4", root / "train/0.mp4"), "data.root (train/0.mp4)"),
        (lambda root: (root / "test/3.mp4").unlink(), "data.root (test/3.mp4 removed)"),
        (lambda root: shutil.copy(root / "test/3.mp4", root / "train/9.mp4"), "data.root (train/9.mp4)"),
        (lambda root: (root.parent / "start.pth").write_text("others"), "warm_start.generator"),
    ],
)
def test_changed_files_make_a_new_revision_and_are_named(
    config: DictConfig, clips: Path, change: Callable[[Path], None], told: str
) -> None:
    name = trained(config)
    change(clips)
    folder, reason = locate(config)
    assert (folder.id, reason) == (f"{name}-r2", f"Changed since {name} finished: {told}. A new revision.")
    trained(config)
    assert locate(config)[1].startswith("Finished before")


def test_an_unfinished_run_goes_on_with_a_warning(config: DictConfig, clips: Path) -> None:
    name = trained(config, RUNNING)
    (clips / "val/2.mp4").write_bytes((clips / "test/3.mp4").read_bytes())
    folder, reason = locate(config)
    assert folder.id == name
    assert "WARNING: changed since it started: data.root (val/2.mp4); its provenance says so." in reason


def test_changed_code_is_named(config: DictConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    name = trained(config)
    now = inputs.code_of(config)
    monkeypatch.setattr(inputs, "code_of", lambda _: {**now, "vidgan.losses.pixel": "0"})
    told = "Changed since {} finished: the code (vidgan.losses.pixel). A new revision."
    assert locate(config)[1] == told.format(name)
    monkeypatch.setattr(inputs, "code_of", lambda _: dict(list(now.items())[5:]))
    first, second, third, *_ = now
    assert f"the code ({first} removed, {second} removed, {third} removed and 2 more)" in locate(config)[1]


def test_generated_data_has_no_files(composed: Composed) -> None:
    assert inputs.files_of(composed("experiments=pose_sequence/quickstart")) == {}


def test_a_filmed_persons_video_and_poses_count(composed: Composed) -> None:
    assert set(inputs.files_of(composed("experiments=pose_video/gym"))) == {"data.video", "data.poses"}
