"""Runs commands in this process with arguments that are wrong."""

import importlib
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

COMMANDS = {"pose": "extract_pose", "data": "data_sets"}  # whose module has another name

Refused = Callable[[str], str]


def _written(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*")}


def _accepted(*arguments: object) -> None:
    raise AssertionError("the command has not been refused")


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """``refused("train engine.iterations=0")``: the one sentence that the command ends with, in an empty folder.

    The command has ended with a code other than 0, has told nothing else, and has written nothing.
    """
    monkeypatch.chdir(tmp_path)
    # What is not refused would train for minutes before the test fails.
    for work in ("vidgan.experiment.training.fit", "vidgan.launch.local.LocalProcesses.start"):
        monkeypatch.setattr(work, _accepted)

    def run(line: str) -> str:
        command, *arguments = shlex.split(line)
        monkeypatch.setattr("sys.argv", [f"vidgan-{command}", *arguments])
        before = _written(tmp_path)
        with pytest.raises(SystemExit) as end:
            importlib.import_module(f"vidgan.{COMMANDS.get(command, command)}").main()
        out, error = capsys.readouterr()
        error = error.lstrip("\n")  # of a progress bar that has been wiped
        assert end.value.code not in (0, None), line
        assert out == ""
        assert error.startswith("error: "), error
        assert error.count("\n") == 1, error
        assert "Traceback" not in error
        assert _written(tmp_path) == before
        return error

    return run
