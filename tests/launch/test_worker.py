"""The process of a job: signals stop a training, and leave alone a run that has ended."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from omegaconf import DictConfig

from vidgan.launch.job import TrainingJob


def test_slurms_signals_do_not_kill_a_run_that_ends(
    composed: Callable[..., DictConfig], small: list[str], tmp_path: Path
) -> None:
    """They come all the time, from the last checkpoint to the last moment of the process."""
    config = composed(*small, "engine.iterations=2", "validation.every=null", "players.discriminator.start=0")
    folder = TrainingJob.plan(config).write()
    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "vidgan.launch.worker", str(folder)],
            env={**os.environ, "SLURM_JOB_ID": "7"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            summary = json.loads((folder / "summary.json").read_text()) if (folder / "summary.json").is_file() else {}
            if summary.get("iteration") == 2:  # the last checkpoint is written: no more request is heeded
                process.send_signal(signal.SIGUSR1)
            time.sleep(0.001)
    assert process.returncode == 0, (tmp_path / "output").read_text()
    assert json.loads((folder / "summary.json").read_text())["state"] == "finished"
