"""What Linux alone has is guarded, but for what starts and watches processes (``launch/``)."""

import subprocess
import sys
from pathlib import Path

_PRETENDED = """
import os, pkgutil, signal, sys
import cv2, portalocker, psutil, torch, wandb, pytorch_lightning  # which know other platforms themselves

for module in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[module] = None  # as where it does not exist
for module, names in {
    os: "fork getuid geteuid getpgid getloadavg killpg setsid statvfs sched_getaffinity sysconf mkfifo",
    signal: "SIGUSR1 SIGUSR2 SIGKILL SIGHUP SIGALRM SIGCHLD setitimer",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
os.supports_effective_ids = set()

import vidgan

for found in pkgutil.walk_packages(vidgan.__path__, "vidgan."):
    if not found.name.startswith("vidgan.launch"):
        try:
            __import__(found.name)
        except ModuleNotFoundError as error:
            if error.name != "gradio":  # of an extra that has an environment of its own
                raise
"""


def pretended(code: str, folder: Path) -> str:
    """What a process prints on a machine without what only POSIX or Linux has."""
    command = [sys.executable, "-c", _PRETENDED + code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout


def test_all_but_the_launcher_imports_and_works(tmp_path: Path) -> None:
    code = """
from pathlib import Path
from vidgan.atomic import can_write, replacing
from vidgan.engine.hardware import cores, memory_of
from vidgan.errors import UserError
from vidgan.experiment.resource_usage import _peak_memory
from vidgan.interruption import requests
from vidgan.record.folder import RunFolder

class Memory:
    peak_wset = 3_000_000_000
psutil.Process.memory_info = lambda self: Memory
folder = RunFolder(Path("runs/task/name-hash"))
with folder.locked():
    assert folder.is_locked
    try:
        with folder.locked():
            raise AssertionError("locked twice")
    except UserError as error:
        assert "is being worked on" in str(error)
assert not folder.is_locked
with replacing(Path("file.txt")) as temporary:
    temporary.write_text("whole")
assert Path("file.txt").read_text() == "whole" and can_write(Path())
assert requests.listen()
requests.ignore()
print(cores() >= 1, memory_of("cpu") > 1e8, _peak_memory(torch.device("cpu")))
"""
    assert pretended(code, tmp_path).strip() == "True True {'process': 3.0}"
