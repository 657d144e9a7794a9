"""Where a number comes from: code, packages, machine and command."""

import hashlib
import importlib.metadata
import os
import platform
import socket
import subprocess
import sys
import time
from typing import Any

import torch

from vidgan.experiment.folder import RunFolder, write_json
from vidgan.experiment.identity import code_fingerprint
from vidgan.experiment.places import ROOT

_PACKAGES = (
    "vidgan",
    "torch",
    "pytorch-lightning",
    "hydra-core",
    "omegaconf",
    "torchmetrics",
    "kornia",
    "albumentations",
    "av",
    "wandb",
)


def _git(*arguments: str) -> str | None:
    try:
        answer = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout


def _commit() -> dict[str, str | None]:
    commit, difference = _git("rev-parse", "HEAD"), _git("diff", "HEAD")
    dirty = hashlib.sha256(difference.encode()).hexdigest()[:16] if difference else None
    return {"commit": commit.strip() if commit else None, "uncommitted_changes": dirty}


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or platform.machine()


def origin() -> dict[str, Any]:
    """Code, packages, machine and command of this process."""
    return {
        "fingerprint": code_fingerprint(),
        **_commit(),
        "command": sys.argv,
        "host": socket.gethostname(),
        "slurm_job_id": os.environ.get("SLURM_JOB_ID"),
        "device": _device(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def record(folder: RunFolder, iteration: int, precision: str) -> None:
    """Adds a segment to ``provenance.json``: one each time the run is started or resumed."""
    before = folder.read("provenance.json")
    started = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    segment = {"started": started, "iteration": iteration, "precision": precision, **origin()}
    segments = [*before.get("segments", []), segment]
    write_json(folder.path / "provenance.json", {"fingerprint": segment["fingerprint"], "segments": segments})
