from pathlib import Path

import imageio_ffmpeg
import pytest
import torch

from vidgan.baselines.denoisers import denoisers
from vidgan.baselines.interpolation import interpolations
from vidgan.errors import UserError
from vidgan.metrics.vmaf import VMAF
from vidgan.video.ffmpeg import ffmpeg_program, packaged_ffmpeg


def test_a_program_that_may_not_be_executed_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk from which nothing is executed: what needs it is left out, and no training ends over it."""
    packaged, found = tmp_path / "packaged", tmp_path / "bin" / "ffmpeg"
    for program in (packaged, found):
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(packaged))
    monkeypatch.setenv("PATH", str(found.parent))
    assert ffmpeg_program() is None
    assert "ffmpeg_hqdn3d" not in denoisers()
    assert "minterpolate" not in interpolations()
    assert not VMAF().available
    with pytest.raises(UserError, match="leave to execute it"):
        VMAF()(*torch.rand(2, 1, 3, 32, 32))
    found.chmod(0o755)
    assert ffmpeg_program() == str(found)
    assert {"ffmpeg_hqdn3d"} <= denoisers().keys()
    assert not VMAF().available  # a system's own has no libvmaf, or another one
    packaged.chmod(0o755)
    assert ffmpeg_program() == packaged_ffmpeg() == str(packaged)
    assert VMAF().available


def test_a_package_without_a_program_that_runs_is_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The package looks for one that starts, and raises where none does: its wheel is of another processor."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    assert ffmpeg_program() is None
