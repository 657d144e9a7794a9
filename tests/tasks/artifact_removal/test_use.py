"""A coded video is decoded better, from file to file, by a network that is told how it was coded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.media import moving, write_folder
from tests.tasks.artifact_removal.test_task import Noted, Unasking
from tests.video.test_quality import FRAMES, video
from vidgan.errors import UserError
from vidgan.inference.trained import Trained
from vidgan.tasks.artifact_removal.use import remove_artifacts
from vidgan.video.reader import iterate


def planes(source: Path, out: Path, network: Noted | None = None, **options: Any) -> torch.Tensor:
    """What the network was given beside the colors of the first frame."""
    network = network or Noted()
    remove_artifacts(source, out, trained=Trained(network.eval()), **options)
    return network.given[0][0, 3:]


def test_the_network_is_told_what_the_stream_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = video(tmp_path / "in.mp4", "libx264", crf="34")
    plane = planes(source, tmp_path / "out.mkv", codec="ffv1")
    assert torch.equal(plane, torch.full_like(plane, 34 / 51))
    assert "rate factor 34, as x264 wrote into the stream; crf=... sets another" in capsys.readouterr().out
    written, read = (np.stack(list(iterate(path))) for path in (tmp_path / "out.mkv", source))
    assert np.array_equal(written, read)  # this network leaves frames as they are
    assert len(written) == len(FRAMES)


def test_an_option_goes_before_the_stream(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = video(tmp_path / "in.mp4", "libx264", crf="34")
    plane = planes(source, tmp_path / "out.mp4", crf=25.5)
    assert torch.equal(plane, torch.full_like(plane, 0.5))
    assert "stream" not in capsys.readouterr().out


def test_nothing_is_written_where_the_rate_is_not_known(tmp_path: Path) -> None:
    write_folder(tmp_path / "in", moving(2))
    silent = video(tmp_path / "in.mp4", "libsvtav1", crf="40", **{"svtav1-params": "lp=1"})
    out = tmp_path / "out.mp4"
    with pytest.raises(UserError, match="pictures do not tell how they were coded; give crf=<0 to 51>"):
        planes(tmp_path / "in", out)
    with pytest.raises(UserError, match="does not tell the rate factor it was coded with; give crf=<0 to 51>"):
        planes(silent, out)
    with pytest.raises(UserError, match="crf=70: expected a number from 0 to 63"):
        planes(silent, out, crf=70)
    with pytest.raises(UserError, match="crf=30: the generator does not ask for a rate factor; leave it out"):
        planes(silent, out, Unasking(), crf=30)
    assert not out.exists()
    assert planes(silent, out, crf=40).max() == pytest.approx(40 / 51)
