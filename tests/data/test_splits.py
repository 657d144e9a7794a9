"""Which clips train, validate and test."""

import logging
from pathlib import Path

import pytest

from tests.media import moving, write_folder
from vidgan.data.splits import Splits, split


def names(splits: Splits) -> list[list[str]]:
    return [[source.name for source in sources] for sources in (splits.train, splits.val, splits.test)]


def make(root: Path, *clips: str, frames: int = 2) -> Path:
    for clip in clips:
        write_folder(root / clip, moving(frames))
    return root


def test_folders_are_the_splits(tmp_path: Path) -> None:
    make(tmp_path, "train/a", "train/b", "val/c", "test/d")
    assert names(split(tmp_path)) == [["a", "b"], ["c"], ["d"]]


@pytest.mark.parametrize("missing", ["val", "test"])
def test_validation_and_test_stand_in_for_each_other(tmp_path: Path, missing: str) -> None:
    present = "test" if missing == "val" else "val"
    make(tmp_path, "train/a", f"{present}/c")
    assert names(split(tmp_path)) == [["a"], ["c"], ["c"]]


def test_whole_clips_are_held_out_where_there_are_no_folders(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(tmp_path, *(f"clip{number}" for number in range(20)))
    with caplog.at_level(logging.INFO):
        train, val, test = names(split(tmp_path))
    assert (len(train), len(val)) == (18, 2)
    assert val == test
    assert not set(train) & set(val)
    assert f"held out for validation and test: {', '.join(val)}" in caplog.text
    make(tmp_path, "clip20")
    assert len(set(names(split(tmp_path))[1]) & set(val)) >= 1  # one more clip displaces one of them at most


def test_end_of_a_single_clip_is_held_out(tmp_path: Path) -> None:
    make(tmp_path, "clip", frames=30)
    assert names(split(tmp_path)) == [["clip[0:27]"], ["clip[27:30]"], ["clip[27:30]"]]
