"""``torchrun`` starts the ranks itself, and starts them anew when one is lost."""

import os
import signal
import subprocess
from pathlib import Path

from tests.test_commands import BIN, LIMIT, TRAINING, assert_same_result, only_run, summary, videos, wait_for_iteration

__all__ = ["videos"]  # a fixture
SHORT = ["engine.iterations=100", "validation.every=50", "machine.threads=1"]


def torchrun(folder: Path, videos: Path, *overrides: str) -> subprocess.Popen[str]:
    folder.mkdir()
    options = ["--standalone", "--nproc-per-node=2", "--max-restarts=1", "-m", "vidgan.commands.train"]
    return subprocess.Popen(
        [BIN / "torchrun", *options, *TRAINING, *SHORT, f"data.root={videos}", *overrides],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def rank(process: subprocess.Popen[str], number: int) -> int:
    """The process of a rank among the children of torchrun."""
    children = Path(f"/proc/{process.pid}/task").glob("*/children")
    for child in " ".join(path.read_text() for path in children).split():
        if f"RANK={number}" in Path(f"/proc/{child}/environ").read_text().split("\0"):
            return int(child)
    raise AssertionError(f"torchrun has no rank {number}")


def test_a_lost_rank_is_started_anew_and_ends_where_the_uninterrupted_run_ends(videos: Path, tmp_path: Path) -> None:
    """``fresh`` must not begin a revision for each attempt, nor for each rank."""
    whole, broken = (torchrun(tmp_path / name, videos, "fresh=true") for name in ("whole", "broken"))
    wait_for_iteration(tmp_path / "broken", 20)
    os.kill(rank(broken, 1), signal.SIGKILL)
    for process in (whole, broken):
        out, _ = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, out
    run = only_run(tmp_path / "broken")
    assert summary(run)["state"] == "finished"
    assert (run / "provenance.json").read_text().count('"started"') == 2
    assert_same_result(run, only_run(tmp_path / "whole"))
