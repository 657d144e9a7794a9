"""The command without its page, and the processes of its jobs without the command."""

import importlib.util
import os
import sys
from pathlib import Path

import psutil
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from tests.media import moving, write_video
from vidgan.app import jobs, media, server
from vidgan.config.paths import CONF
from vidgan.config.registration import register
from vidgan.errors import UserError


def config(*given: str) -> DictConfig:
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("app", ["machine=cpu", *given])


def test_without_gradio_one_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs gradio, which is not installed; .* vidgan\[app\]"):
        server.serve(config())


def test_an_address_that_is_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with server.listening("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port={port} cannot be used .*choose others, or port=0"):
            server.serve(config(f"port={port}"))


ENDLESS = """
import subprocess, sys, json
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(json.dumps({"what": "frames", "done": child.pid, "total": 10**9}), flush=True)
child.wait()
"""


def module(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Has jobs run this code in place of a task's use."""
    (folder / "stand_in.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *sys.path]))
    monkeypatch.setattr(jobs, "WORKER", "stand_in")


def test_cancelling_ends_a_job_and_what_it_has_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module(tmp_path, monkeypatch, ENDLESS)
    running = jobs.Jobs(minutes=5)
    steps = running.run("me", {})
    next(steps)
    child = psutil.Process(int(next(steps).text.split(" of ")[0].replace(",", "")))
    assert not running.cancel("you")
    assert running.cancel("me")
    with pytest.raises(jobs.Cancelled, match="nothing of it is kept"):
        next(steps)
    psutil.wait_procs([child], timeout=20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert not running.cancel("me")


def test_a_job_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module(tmp_path, monkeypatch, ENDLESS)
    with pytest.raises(UserError, match=r"more than 0\.02 minutes .* larger minutes=<number>"):
        list(jobs.Jobs(minutes=0.02).run("me", {}))


def test_a_job_that_crashes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module(tmp_path, monkeypatch, "raise SystemExit(3)")
    with pytest.raises(UserError, match="ended without a result"):
        list(jobs.Jobs(minutes=5).run("me", {}))


def test_rate_and_time_left() -> None:
    progress = jobs.Progress()
    progress.update("frames", 1, 5)
    assert progress.text == "1 of 5 frames"
    progress.update("frames", 3, 5)
    assert progress.part == 0.6
    assert progress.text.startswith("3 of 5 frames · ")
    assert progress.text.endswith(" left")
    progress.update("poses", 1, 2)  # the next part of the work counts anew
    assert progress.text == "1 of 2 poses"


@pytest.mark.parametrize(
    ("name", "kind", "made"),
    [
        ("a.MOV", "video", ".mp4"),
        ("a.zip", "video", ".mp4"),
        ("a.jpg", "picture", ".png"),
        ("a.json", "points", ".json"),
        ("a.vgc", ".vgc", ".vgc"),
    ],
)
def test_kinds_of_files(name: str, kind: str, made: str) -> None:
    assert media.kind_of(Path(name)) == kind
    assert media.made_suffix(kind, Path(name)) == made


def test_frames_are_compared_at_the_same_part_of_both_lengths(tmp_path: Path) -> None:
    frames = moving(9)
    given, longer = write_video(tmp_path / "a.mp4", frames), write_video(tmp_path / "b.mp4", moving(17, 96, 128))
    before, after = media.pair(given, longer, 12)
    assert before.size == after.size == (128, 96)
    expected = media.frame_of(given, 6).resize((128, 96), 3)
    assert list(before.tobytes()) == list(expected.tobytes())
