"""The index: the same facts as the files tell, found in one place, and told when it is out of date."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from tests.media import damage, moving, write_folder, write_video, write_zip
from vidgan.data.discovery import discover
from vidgan.data.folder import Folder
from vidgan.data.index import NAME, Index, _expanded, _runs
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

    source.probe = probe
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
    sources = {source.name: source for source in (*splits.train, *splits.val, *splits.test)}
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
    entry = json.loads((root / NAME).read_text())["files"]["h264.mp4"]  # any reader of JSON can
    assert len(entry["times"]) == 3
    assert entry["size"] == [20, 48, 64]
    assert len(entry["keys"]) == 3  # frames 0, 8 and 16


def damaged(content: bytes, how: str) -> bytes:
    middle = len(content) // 2
    return {
        "empty": b"",
        "truncated": content[:middle],
        "garbage": bytes(range(256)) * 4,
        "flipped": content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :],
        "deep": b"[" * 100_000,
    }[how]


@pytest.mark.parametrize("how", ["empty", "truncated", "garbage", "flipped", "deep"])
def test_a_damaged_index_is_told_and_passed_over(root: Path, how: str, caplog: pytest.LogCaptureFixture) -> None:
    index = indexed(root)
    (root / NAME).write_bytes(damaged(index.text().encode(), how))
    assert Index.read(root) is None
    assert "cannot be used as an index and is passed over; make it anew by vidgan-data index" in caplog.text


def test_an_index_of_another_folder_is_not_believed(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_video(other / "h264.mp4", moving(9))
    indexed(root)
    (other / NAME).write_bytes((root / NAME).read_bytes())
    index = Index.read(other)
    assert index is not None
    source = VideoFile("h264", other / "h264.mp4")
    index.give([source])
    assert source.size.frames == 9


LIES = {
    "frames": lambda entry: entry["size"].__setitem__(0, 10**9),
    "frames of all": lambda entry: (entry["size"].__setitem__(0, 10**9), entry["info"].update(frames=10**9)),
    "frames and times": lambda entry: (
        entry["size"].__setitem__(0, 10**9),
        entry["info"].update(frames=10**9),
        entry["times"].__setitem__(-1, 10**9 - 1),
    ),
    "no frames": lambda entry: entry["size"].__setitem__(0, 0),
    "fewer frames": lambda entry: entry["size"].__setitem__(0, 3),
    "size": lambda entry: (entry["size"].__setitem__(1, 64), entry["info"].update(height=64)),
    "shifted times": lambda entry: entry["times"].__setitem__(0, entry["times"][0] + entry["times"][1]),
    "shifted keys": lambda entry: [key.__setitem__(0, key[0] + entry["times"][1]) for key in entry["keys"]],
    "shifted both": lambda entry: (
        entry["times"].__setitem__(0, entry["times"][0] + entry["times"][1]),
        [key.__setitem__(0, key[0] + entry["times"][1]) for key in entry["keys"]],
    ),
    "times that stand still": lambda entry: entry["times"].__setitem__(1, 0),
    "text": lambda entry: entry.update(size="large"),
    "nothing": lambda entry: entry.pop("keys"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_of_the_index_is_told_and_the_file_looked_into(
    root: Path, lie: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever its checksum says."""
    index = indexed(root)
    LIES[lie](index.entries["h264.mp4"])
    (root / NAME).write_text(index.text())
    found = Index.read(root)
    assert found is not None
    source, plain = VideoFile("h264", root / "h264.mp4"), VideoFile("h264", root / "h264.mp4")
    found.give([source])
    assert source.size.frames == 20
    np.testing.assert_array_equal(source.read(6, 8), plain.read(6, 8))
    assert source.size == plain.size
    assert "the index is wrong" in caplog.text


@pytest.mark.parametrize("size", [[10**9, 48, 64], [3, 64, 64], [0, 48, 64], [3, 48, -64]])
def test_a_lie_about_pictures_is_told_and_the_folder_looked_into(
    root: Path, size: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    index = indexed(root)
    index.entries["frames"]["size"] = size
    source = FrameFolder("frames", root / "frames")
    index.give([source])
    np.testing.assert_array_equal(source.read(0, 3), moving(3))
    assert source.size == (3, 48, 64)
    assert "the index is wrong" in caplog.text


def test_damage_behind_an_index_is_still_found(root: Path) -> None:
    path = write_video(root / "torn.mp4", moving(48), g="8")
    damage(path)
    index = indexed(root)
    source = VideoFile("torn", path)
    index.give([source])
    assert closed(source).size.frames == 48
    with pytest.raises(BrokenFileError, match=r"torn\.mp4"):
        source.read(40, 4)
