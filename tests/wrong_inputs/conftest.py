"""Runs commands in this process with arguments that are wrong."""

import importlib
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from safetensors.torch import save_file

from vidgan.generators.recurrent_denoiser import RecurrentDenoiser

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
            importlib.import_module(f"vidgan.commands.{command}").main()
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


@pytest.fixture
def trained(tmp_path: Path) -> None:
    """Runs of two tasks, ``cleaner`` and ``dancer``, in the folder that ``refused`` runs commands in."""
    cleaner = RecurrentDenoiser(channels=4)
    generator = {"_target_": "vidgan.generators.recurrent_denoiser.RecurrentDenoiser", "channels": 4}
    for name, task in {"cleaner": "denoising.task.Denoising", "dancer": "pose_video.task.PoseVideo"}.items():
        config = {"task": {"_target_": f"vidgan.tasks.{task}"}, "engine": {}, "networks": {"generator": generator}}
        (tmp_path / name / "checkpoints").mkdir(parents=True)
        (tmp_path / name / "config.yaml").write_text(yaml.safe_dump(config))
        save_file(cleaner.state_dict(), tmp_path / name / "checkpoints/last.safetensors")
