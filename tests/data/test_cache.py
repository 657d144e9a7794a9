"""The decoded cache: same pixels, made once, whatever happens while it is made."""

import logging
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.media import damage, moving, write_folder, write_video
from vidgan.data.cache import CachedClip, DecodedCache
from vidgan.data.sources import Box, FrameFolder, Span, VideoFile

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
    span = cache.wrap(Span(source, 4, 10))
    assert isinstance(span, Span)
    assert isinstance(span.source, CachedClip)
    np.testing.assert_array_equal(span.read(1, 2), source.read(5, 2))


def test_changed_source_is_decoded_anew_and_its_old_entry_removed(tmp_path: Path, folder: Path) -> None:
    cache = DecodedCache(tmp_path / "cache", 1)
    cache.fill([FrameFolder("clip", folder)])
    changed = moving(12, seed=1)
    source = FrameFolder("clip", write_folder(folder, changed))
    cache.fill([source])
    np.testing.assert_array_equal(cache.wrap(source).read(0, 12), changed)
    assert entries(cache.folder) == [".npy"]


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
