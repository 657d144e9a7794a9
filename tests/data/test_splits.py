"""Which clips train, validate and test."""

from pathlib import Path

import pytest

from tests.media import moving, write_folder
from vidgan.data.splits import Splits, scored, split


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
    splits = split(tmp_path)
    assert names(splits) == [["a"], ["c"], ["c"]]
    assert splits.note == f"there is no folder {missing}: validation and test are the same clips"


def test_what_is_set_aside_never_trains(tmp_path: Path) -> None:
    """Clips beside a folder ``test``, and none that is called ``train``."""
    make(tmp_path, "a", "more/b", "test/c")
    assert names(split(tmp_path)) == [["a", "more/b"], ["c"], ["c"]]
    make(tmp_path, "val/d")
    assert names(split(tmp_path)) == [["a", "more/b"], ["d"], ["c"]]


def test_of_clips_without_folders_a_tenth_validates_and_another_tests(tmp_path: Path) -> None:
    make(tmp_path, *(f"clip{number}" for number in range(20)))
    train, val, test = names(split(tmp_path))
    assert (len(train), len(val), len(test)) == (16, 2, 2)
    assert sorted([*train, *val, *test]) == sorted(f"clip{number}" for number in range(20))
    make(tmp_path, "clip20")
    later = names(split(tmp_path))
    assert len(set(later[1]) & set(val)) >= 1  # one more clip displaces one of each at most
    assert not set(later[0]) & {*later[1], *later[2]}


@pytest.mark.parametrize("folder", ["", "train/"])
@pytest.mark.parametrize("count", [3, 5])
def test_few_clips_are_split_in_three(tmp_path: Path, count: int, folder: str) -> None:
    make(tmp_path, *(f"{folder}{number}" for number in range(count)))
    train, val, test = names(split(tmp_path))
    assert (len(train), len(val), len(test)) == (count - 2, 1, 1)
    assert len({*train, *val, *test}) == count


def test_of_two_clips_one_is_held_out_and_it_is_said(tmp_path: Path) -> None:
    splits = split(make(tmp_path, "a", "b"))
    train, val, test = names(splits)
    assert val == test
    assert {*train, *val} == {"a", "b"}
    assert "of two clips one is held out: it validates and tests" in splits.note


def test_end_of_a_single_clip_is_held_out_and_it_is_said(tmp_path: Path) -> None:
    splits = split(make(tmp_path, "clip", frames=30))
    assert names(splits) == [["clip[0:27]"], ["clip[27:30]"], ["clip[27:30]"]]
    assert "the end of a single clip is held out: it validates and tests" in splits.note


@pytest.mark.parametrize(
    ("clips", "expected"),
    [
        (["only"], ["only"]),
        (["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "e"]),
        (["test/a", "test/b"], ["a", "b"]),
        (["train/a", "val/b", "test/c", "test/d"], ["c", "d"]),
        (["train/a", "val/b"], ["b"]),
        (["train/a", "train/b"], ["train/a", "train/b"]),
    ],
)
def test_all_of_what_is_given_to_be_scored_is_scored(tmp_path: Path, clips: list[str], expected: list[str]) -> None:
    found = scored(make(tmp_path, *clips, frames=30))
    assert [(source.name, source.size.frames) for source in found] == [(name, 30) for name in expected]
