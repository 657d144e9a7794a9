"""The decoded cache: same pixels, made once, whatever happens while it is made."""

import logging
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.media import damage, moving, write_folder, write_video
from vidgan.data.cache import CachedClip, DecodedCache
from vidgan.data.derived import Excerpt
from vidgan.data.entries import DamagedEntryError, open_entry
from vidgan.data.sources import Box, FrameFolder, VideoFile

WORKER = Path(__file__).with_name("cache_worker.py")
CLIP_BYTES = 12 * 48 * 64 * 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "clip", moving(12))


def start(folder: Path, cache: Path, mode: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, str(WORKER), str(folder), str(cache), mode]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def entries(cache: Path) -> list[str]:
    return sorted(path.suffix for path in cache.iterdir() if path.name != "lock")


def test_cached_frames_equal_decoded_ones(tmp_path: Path) -> None:
    source = VideoFile("a", write_video(tmp_path / "a.mp4", moving(12)))
    cache = DecodedCache(tmp_path / "cache", 1)
    cache.fill([source])
    cached, box = cache.wrap(source), Box(3, 5, 20, 30)
    assert isinstance(cached, CachedClip)
    assert cached.size == source.size
    np.testing.assert_array_equal(cached.read(2, 5), source.read(2, 5))
    np.testing.assert_array_equal(cached.read(2, 5, box), source.read(2, 5, box))
    excerpt = cache.wrap(Excerpt(source, 4, 10))
    assert isinstance(excerpt, Excerpt)
    assert isinstance(excerpt.source, CachedClip)
    np.testing.assert_array_equal(excerpt.read(1, 2), source.read(5, 2))


def test_changed_source_is_decoded_anew_and_its_old_entry_removed(tmp_path: Path, folder: Path) -> None:
    cache = DecodedCache(tmp_path / "cache", 1)
    cache.fill([FrameFolder("clip", folder)])
    changed = moving(12, seed=1)
    source = FrameFolder("clip", write_folder(folder, changed))
    cache.fill([source])
    np.testing.assert_array_equal(cache.wrap(source).read(0, 12), changed)
    assert entries(cache.folder) == [".npy"]


def test_a_clip_replaced_by_one_of_the_same_size_and_time_is_decoded_anew(tmp_path: Path) -> None:
    cache, path = DecodedCache(tmp_path / "cache", 1), tmp_path / "a.avi"
    whole = write_video(path, moving(2), codec="rawvideo").stat()
    cache.fill([VideoFile("a", path)])
    write_video(path, moving(2, seed=1), codec="rawvideo")
    assert path.stat().st_size == whole.st_size
    os.utime(path, ns=(whole.st_atime_ns, whole.st_mtime_ns))
    source = VideoFile("a", path)
    cache.fill([source])
    np.testing.assert_array_equal(cache.wrap(source).read(0, 2), source.read(0, 2))


def test_more_clips_than_a_process_may_open_files(tmp_path: Path) -> None:
    sources = [FrameFolder(name, write_folder(tmp_path / name, moving(1))) for name in map(str, range(40))]
    cache = DecodedCache(tmp_path / "cache", 1, threads=1)
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 20, most))
    try:
        cache.fill(sources)
        cached = [cache.wrap(source) for source in sources]
        for clip in cached:
            np.testing.assert_array_equal(clip.read(0, 1), moving(1))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
    assert all(isinstance(clip, CachedClip) for clip in cached)
    assert len(entries(cache.folder)) == 40


def test_what_cannot_be_read_is_decoded_and_made_again(tmp_path: Path, folder: Path) -> None:
    source, cache = FrameFolder("clip", folder), DecodedCache(tmp_path / "cache", 1)
    cache.fill([source])
    cached = cache.wrap(source)
    (entry,) = cache.folder.glob("*.npy")
    entry.unlink()
    (entry / "inside").mkdir(parents=True)
    np.testing.assert_array_equal(cached.read(3, 2), moving(12)[3:5])
    assert not isinstance(cache.wrap(source), CachedClip)
    cache.fill([source])
    np.testing.assert_array_equal(open_entry(entry).read(0, 12), moving(12))


def test_clips_beyond_the_budget_are_decoded_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sources = [FrameFolder(name, write_folder(tmp_path / name, moving(12))) for name in "abc"]
    cache = DecodedCache(tmp_path / "cache", 1.1 * CLIP_BYTES / 1e9)
    with caplog.at_level(logging.WARNING):
        cache.fill(sources)
    assert [isinstance(cache.wrap(source), CachedClip) for source in sources] == [True, False, False]
    assert [record.getMessage()[:28] for record in caplog.records] == ["2 clips are beyond the cache"]
    np.testing.assert_array_equal(cache.wrap(sources[1]).read(3, 4), moving(12)[3:7])


def test_killed_process_leaves_a_cache_that_the_next_one_completes(tmp_path: Path, folder: Path) -> None:
    cache = tmp_path / "cache"
    process = start(folder, cache, "stall")
    while not (folder.with_suffix(".log").exists() and entries(cache) == [".part"]):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.communicate()
    source = FrameFolder("clip", folder)
    assert not isinstance(DecodedCache(cache, 1).wrap(source), CachedClip)
    DecodedCache(cache, 1).fill([source])
    assert entries(cache) == [".npy"]
    np.testing.assert_array_equal(DecodedCache(cache, 1).wrap(source).read(0, 12), moving(12))


def test_two_processes_decode_once(tmp_path: Path, folder: Path) -> None:
    processes = [start(folder, tmp_path / "cache") for _ in range(2)]
    assert [process.communicate()[1] for process in processes] == ["", ""]
    assert folder.with_suffix(".log").read_text() == "decoded\n"
    source = FrameFolder("clip", folder)
    np.testing.assert_array_equal(DecodedCache(tmp_path / "cache", 1).wrap(source).read(0, 12), moving(12))


def test_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    process = start(folder, tmp_path / "cache", "tiny")
    message = process.communicate()[1]
    assert process.returncode == 1
    assert "the cache of decoded clips cannot be written (File too large); choose another folder" in message
    assert message.count("\n") == 1
    assert entries(tmp_path / "cache") == []


def test_entry_cut_short_is_made_again(tmp_path: Path, folder: Path) -> None:
    source, cache = FrameFolder("clip", folder), DecodedCache(tmp_path / "cache", 1)
    cache.fill([source])
    entry = next(cache.folder.glob("*.npy"))
    entry.write_bytes(entry.read_bytes()[:1000])
    fresh = DecodedCache(entry.parent.rename(tmp_path / "moved"), 1)  # another path, so not yet open here
    assert not isinstance(fresh.wrap(source), CachedClip)
    fresh.fill([source])
    np.testing.assert_array_equal(fresh.wrap(source).read(0, 12), moving(12))


@pytest.mark.parametrize("how", ["empty", "header", "pixel", "sums", "seal", "truncated", "longer", "garbage", "old"])
def test_damaged_entry_is_never_a_wrong_pixel_and_made_again(
    tmp_path: Path, folder: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Found when it is opened or, where only its pixels differ, when they are read; also while it is open."""
    source, cache = FrameFolder("clip", folder), DecodedCache(tmp_path / "cache", 1)
    cache.fill([source])
    opened = cache.wrap(source)
    np.testing.assert_array_equal(opened.read(0, 12), moving(12))
    (entry,) = cache.folder.glob("*.npy")
    content = bytearray(entry.read_bytes())
    places = {"header": 30, "pixel": 128 + CLIP_BYTES // 2, "sums": 128 + CLIP_BYTES + 2, "seal": len(content) - 1}
    if how in places:
        content[places[how]] ^= 16
    lengths = {"empty": 0, "truncated": len(content) - 1000, "old": 128 + CLIP_BYTES}
    content = bytearray(b"\x93NUMPY garbage") if how == "garbage" else content[: lengths.get(how, len(content))]
    entry.write_bytes(content + b"more" if how == "longer" else content)
    for reader in (opened, cache.wrap(source)):
        for box in (None, Box(20, 10, 20, 30)):
            found = reader.read(0, 12, box)
            np.testing.assert_array_equal(found, box.cut(moving(12)) if box else moving(12))
    cache.fill([source])
    again = cache.wrap(source)
    assert isinstance(again, CachedClip)
    caplog.clear()
    np.testing.assert_array_equal(again.read(3, 4), moving(12)[3:7])
    assert not caplog.records  # the entry is whole
    assert entries(cache.folder) == [".npy"]


def test_the_entry_of_another_clip_is_not_taken(tmp_path: Path) -> None:
    folders = {name: write_folder(tmp_path / name, moving(12, seed=seed)) for seed, name in enumerate("ab")}
    sources = [FrameFolder(name, path) for name, path in folders.items()]
    cache = DecodedCache(tmp_path / "cache", 1)
    cache.fill(sources)
    one, other = (next(cache.folder.glob(f"{name}-*.npy")) for name in "ab")
    one.write_bytes(other.read_bytes())
    assert not isinstance(cache.wrap(sources[0]), CachedClip)
    cache.fill(sources)
    np.testing.assert_array_equal(cache.wrap(sources[0]).read(0, 12), moving(12, seed=0))


def test_every_row_of_a_crop_is_checked(tmp_path: Path) -> None:
    """Whichever band it begins and ends in; damage elsewhere does not matter to it."""
    frames = moving(1, height=50, width=40)
    source = FrameFolder("clip", write_folder(tmp_path / "clip", frames))
    cache = DecodedCache(tmp_path / "cache", 1)
    cache.fill([source])
    (path,) = cache.folder.glob("*.npy")
    content = bytearray(path.read_bytes())
    content[128 + 3 * 40 * 33] ^= 1  # in row 33
    path.write_bytes(content)
    entry = open_entry(path)
    for top, height in ((0, 32), (48, 2), (10, 22), (31, 1)):
        np.testing.assert_array_equal(entry.read(0, 1, Box(top, 0, height, 9)), frames[:, top : top + height, :9])
    for top, height in ((0, 50), (33, 1), (10, 24), (32, 16), (47, 1)):
        with pytest.raises(DamagedEntryError):
            entry.read(0, 1, Box(top, 0, height, 9))


def test_entry_deleted_meanwhile_is_decoded(tmp_path: Path, folder: Path) -> None:
    source, cache = FrameFolder("clip", folder), DecodedCache(tmp_path / "cache", 1)
    cache.fill([source])
    cached = cache.wrap(source)
    assert isinstance(cached, CachedClip)
    cached.array = cached.array.with_name("deleted.npy")
    np.testing.assert_array_equal(cached.read(0, 12), moving(12))


def test_damaged_clip_is_not_cached_and_costs_no_other(tmp_path: Path, folder: Path) -> None:
    good = FrameFolder("clip", folder)
    bad = VideoFile("bad", damage(write_video(tmp_path / "bad.mp4", moving(48), g="8")))
    cache = DecodedCache(tmp_path / "cache", 1)
    cache.fill([bad, good])
    assert [isinstance(cache.wrap(source), CachedClip) for source in (bad, good)] == [False, True]
    assert entries(cache.folder) == [".npy"]
