"""Files appear whole or not at all, and what killed processes leave is cleared by the next."""

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vidgan.atomic import replacing, temporary_beside
from vidgan.errors import UserError
from vidgan.video.writer import writer


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def left_behind(path: Path, process: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a process leaves that is killed while it writes ``path``."""
    with monkeypatch.context() as context:
        context.setattr(os, "getpid", lambda: process)
        return temporary_beside(path)


@pytest.mark.parametrize("name", ["out.mp4", "out.png", "frames", "out.json"])
def test_what_a_killed_process_left_is_cleared_by_the_next(
    name: str, dead: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = [left_behind(tmp_path / other, dead, monkeypatch) for other in ("a.mp4", "b.summary.json", "c.d.png")]
    for path in stale:
        path.write_text("half")
    stale.append(left_behind(tmp_path / "frames.0", dead, monkeypatch))
    stale[-1].mkdir()
    (stale[-1] / "00000000.png").write_text("half")
    alive = left_behind(tmp_path / "e.mp4", os.getppid(), monkeypatch)
    others = [alive, tmp_path / f".mine.{dead}.mp4", tmp_path / f".a.0123abcd-{dead}.mp4", tmp_path / ".hidden"]
    for path in others:
        path.write_text("another's")
    if name == "out.json":
        with replacing(tmp_path / name) as temporary:
            temporary.write_text("{}")
    else:
        with writer(tmp_path / name, Fraction(25)) as sink:
            sink.write(np.zeros((16, 16, 3), np.uint8))
    assert sorted(tmp_path.iterdir()) == sorted([*others, tmp_path / name])


def test_a_file_is_on_the_disk_before_it_takes_the_place_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "summary.json", []
    path.write_text("old")
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, path.read_text()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert synced == [(path.stat().st_ino, "old")]


def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as new:
            new.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match=r"a\.txt cannot be written \(No space left"):
        fail()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]
