"""Where a number comes from: code, packages, machine and command."""

import hashlib
import importlib.metadata
import json
import os
import platform
import socket
import subprocess
import time
from typing import Any

import torch
from omegaconf import DictConfig

from vidgan import __version__
from vidgan.config.invocation import invocation
from vidgan.config.paths import ROOT
from vidgan.record import code_fingerprint
from vidgan.record.folder import RunFolder, write_json
from vidgan.record.inputs import FILES, code_of, files_of, fingerprints

_PACKAGES = (
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
    """That of the checkout; of what is installed, the one that was noted when it was built (``hatch_build.py``)."""
    if not (ROOT / ".git").exists():  # a repository around an installed package is another project's
        return _noted_commit()
    commit, difference = _git("rev-parse", "HEAD"), _git("diff", "HEAD")
    dirty = hashlib.sha256(difference.encode()).hexdigest()[:16] if difference else None
    return {"commit": commit.strip() if commit else None, "uncommitted_changes": dirty}


def _noted_commit() -> dict[str, str | None]:
    if (ROOT / "commit.json").is_file():
        noted: dict[str, str | None] = json.loads((ROOT / "commit.json").read_text(encoding="utf-8"))
        return noted
    try:
        said = json.loads(importlib.metadata.distribution("vidgan").read_text("direct_url.json") or "{}")
    except importlib.metadata.PackageNotFoundError:  # source code that PYTHONPATH leads to, in a container, say
        said = {}
    return {"commit": said.get("vcs_info", {}).get("commit_id"), "uncommitted_changes": None}


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or platform.machine()


def origin(config: DictConfig) -> dict[str, Any]:
    """Code, packages, machine and command of this process, which works on a configuration."""
    return {
        "fingerprint": code_fingerprint.fingerprint(code_of(config)),
        **_commit(),
        "command": list(invocation().command),
        "overrides": list(invocation().overrides),
        "host": socket.gethostname(),
        "slurm_job_id": os.environ.get("SLURM_JOB_ID"),
        "device": _device(),
        "python": platform.python_version(),
        "packages": {"vidgan": __version__} | {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def record(config: DictConfig, folder: RunFolder, iteration: int, precision: str) -> None:
    """Adds a segment to ``provenance.json``: one each time the run is started or resumed; files to ``inputs.json``."""
    code, files = code_of(config), files_of(config)
    now = fingerprints(code, files)
    started = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    segment = {"started": started, "iteration": iteration, "precision": precision, **origin(config), **now}
    segments = [*folder.read("provenance.json").get("segments", []), segment]
    write_json(folder.path / FILES, files)
    write_json(folder.path / "provenance.json", {**now, "code": code, "segments": segments})
