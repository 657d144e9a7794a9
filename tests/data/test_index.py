"""The index: the same facts as the files tell, found in one place, and told when it is out of date."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from tests.media import damage, moving, write_folder, write_video, write_zip
from vidgan.data.discovery import discover
from vidgan.data.index import NAME, Index, _expanded, _runs
from vidgan.data.layout import Folder
from vidgan.data.sources import FrameFolder, Size, Source, VideoFile
from vidgan.video.reader import BrokenFileError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_video(tmp_path / "h264.mp4", moving(20), g="8", bf="3")
    write_video(tmp_path / "deep/mpeg4.avi", moving(20), "mpeg4", g="8", bf="2")
    write_folder(tmp_path / "frames", moving(3))
    write_zip(tmp_path / "zipped.zip", tmp_path / "frames")
    return tmp_path


def indexed(root: Path) -> Index:
    """The index of all clips below a root, written and read."""
    made = Index(root)
    for source in discover(root):
        made.learn(source)
    (root / NAME).write_text(made.text())
    found = Index.read(root)
    assert found is not None
    return found


def closed(source: Source) -> Source:
    """A source that must not look into its file to know its size."""

    def probe() -> None:
        raise AssertionError(f"{source.path} was looked into")

    source.probe = probe  # type: ignore[attr-defined]
    return source


def test_indexed_clips_are_not_looked_into_and_read_the_same(root: Path) -> None:
    index = indexed(root)
    plain, known = discover(root), discover(root)
    index.give(known)
    for one, other in zip(plain, known, strict=True):
        assert closed(other).size == one.size
        assert other.facts == one.facts
        for start in (0, 1, one.size.frames - 2):
            np.testing.assert_array_equal(other.read(start, 2), one.read(start, 2))


def test_a_layout_uses_the_index_of_its_root(root: Path) -> None:
    indexed(root)
    splits = Folder().splits(root)
    sources = {source.name: source for source in (*splits.train, *splits.val)}
    frames = {name: closed(source).size.frames for name, source in sources.items()}
    assert frames == {"h264": 20, "deep/mpeg4": 20, "frames": 3, "zipped": 3}


@pytest.mark.parametrize("change", ["rewritten", "added", "removed"])
def test_a_changed_clip_is_noticed_once_and_looked_into(
    root: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    index = indexed(root)
    video, frames = VideoFile("v", root / "h264.mp4"), FrameFolder("f", root / "frames")
    if change == "rewritten":
        write_video(video.path, moving(9))
        write_folder(frames.path, moving(3, height=24, width=32))
    elif change == "added":
        write_folder(frames.path, moving(4))
    else:
        (frames.path / "frame_2.png").unlink()
    index.give([video, frames])
    expected = {"rewritten": (9, Size(3, 24, 32)), "added": (20, Size(4, 48, 64)), "removed": (20, Size(2, 48, 64))}
    assert (video.size.frames, frames.size) == expected[change]
    told = [record.message for record in caplog.records]
    assert len(told) == 1
    assert "has changed since it was indexed" in told[0]


def test_what_is_not_in_the_index_or_broken_is_looked_into(root: Path) -> None:
    index = indexed(root)
    write_video(root / "new.mp4", moving(4))
    source = VideoFile("new", root / "new.mp4")
    index.give([source])
    assert source.size.frames == 4


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 99, "files": {}}'])
def test_an_index_that_cannot_be_used_is_passed_over(root: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    (root / NAME).write_text(text)
    with caplog.at_level(logging.WARNING):
        assert Index.read(root) is None
    assert "cannot be used as an index" in caplog.text


def test_times_of_a_constant_rate_are_three_numbers(root: Path) -> None:
    times = tuple(range(7, 1000, 3))
    assert _runs(times) == [7, 3, len(times) - 1]
    for kept in (times, (5,), (0, 2, 4, 5, 6, 9), (0, 1)):
        assert tuple(_expanded(_runs(kept))) == kept
    indexed(root)
    entry = json.loads((root / NAME).read_text())["files"]["h264.mp4"]
    assert len(entry["times"]) == 3
    assert entry["size"] == [20, 48, 64]
    assert len(entry["keys"]) == 3  # frames 0, 8 and 16


def test_damage_behind_an_index_is_still_found(root: Path) -> None:
    path = write_video(root / "torn.mp4", moving(48), g="8")
    damage(path)
    index = indexed(root)
    source = VideoFile("torn", path)
    index.give([source])
    assert closed(source).size.frames == 48
    with pytest.raises(BrokenFileError, match=r"torn\.mp4"):
        source.read(40, 4)
