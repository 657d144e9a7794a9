"""Files are known by their contents, which are read once."""

import os
import shutil
from pathlib import Path

import pytest

from vidgan.record.file_fingerprint import NAME, file_hashes, fingerprint, looking_once, remember_beside


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    root = tmp_path / "clips"
    for name in ("train/a.mp4", "train/b c.mp4", "test/ä\n.mp4", "list.txt", ".hidden", "__pycache__/c.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_all_that_is_not_hidden_counts(clips: Path, cache: Path) -> None:
    assert list(file_hashes(clips, cache)) == ["list.txt", "test/ä\n.mp4", "train/a.mp4", "train/b c.mp4"]
    assert list(file_hashes(clips / "list.txt", cache)) == [""]
    assert file_hashes(clips / "missing", cache) == {}


def test_a_copy_with_other_times_is_the_same(clips: Path, cache: Path, tmp_path: Path) -> None:
    shutil.copytree(clips, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*"):
        os.utime(path, (1e9, 1e9))
    assert file_hashes(tmp_path / "copy", cache) == file_hashes(clips, cache)


def test_another_file_of_the_same_name_size_and_time_is_noticed(clips: Path, cache: Path) -> None:
    before, file = file_hashes(clips, cache), clips / "train/a.mp4"
    status = file.stat()
    file.write_text("train/A.mp4")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = file_hashes(clips, cache)
    assert [name for name in after if after[name] != before[name]] == ["train/a.mp4"]
    assert fingerprint(after) != fingerprint(before)


def test_a_removed_or_renamed_file_changes_the_fingerprint(clips: Path, cache: Path) -> None:
    whole = fingerprint(file_hashes(clips, cache))
    (clips / "list.txt").rename(clips / "lists.txt")
    renamed = fingerprint(file_hashes(clips, cache))
    (clips / "lists.txt").unlink()
    assert len({whole, renamed, fingerprint(file_hashes(clips, cache))}) == 3


def mark(memory: Path, known: str) -> str:
    """Makes what is remembered of a file recognizable."""
    marked = "0" * len(known)
    memory.write_text(memory.read_text().replace(known, marked))
    return marked


def test_a_file_is_read_once(clips: Path, cache: Path) -> None:
    known = file_hashes(clips, cache)["train/b c.mp4"]
    (memory,) = cache.rglob("*/*")
    marked = mark(memory, known)
    assert file_hashes(clips, cache)["train/b c.mp4"] == marked, "it was read again"


def test_an_index_beside_the_clips_serves_every_cache(clips: Path, cache: Path, tmp_path: Path) -> None:
    known = file_hashes(clips, cache)["list.txt"]
    assert remember_beside(clips, cache) == clips / NAME
    marked = mark(clips / NAME, known)
    hashes = file_hashes(clips, tmp_path / "other")
    assert hashes["list.txt"] == marked
    assert hashes.keys() == file_hashes(clips, cache).keys()


@pytest.mark.parametrize("content", [b"", b"\0\xff garbage", b"1:2:3 4", b"a b c d\n" * 3])
def test_a_broken_memory_is_made_anew(clips: Path, cache: Path, content: bytes) -> None:
    before = file_hashes(clips, cache)
    (memory,) = cache.rglob("*/*")
    whole = memory.read_bytes()
    memory.write_bytes(content)
    assert file_hashes(clips, cache) == before
    assert memory.read_bytes() == whole
    memory.write_bytes(whole[: len(whole) // 2])
    assert file_hashes(clips, cache) == before


def test_a_cache_that_cannot_be_written_is_done_without(clips: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert len(file_hashes(clips, tmp_path / "file" / "cache")) == 4


def test_links_are_followed_and_do_not_end_in_a_loop(clips: Path, cache: Path) -> None:
    whole = file_hashes(clips, cache)
    (clips / "train" / "up").symlink_to(clips)
    (clips / "train" / "here").symlink_to(clips / "train")
    (clips / "broken").symlink_to(clips / "nothing")
    assert file_hashes(clips, cache) == whole
    (clips / "again").symlink_to(clips / "test")
    assert "again/ä\n.mp4" in file_hashes(clips, cache)


def test_what_many_runs_have_in_common_is_looked_at_once(clips: Path, cache: Path) -> None:
    with looking_once():
        before = file_hashes(clips, cache)
        (clips / "list.txt").unlink()
        assert file_hashes(clips, cache) == before
    assert "list.txt" not in file_hashes(clips, cache)
