"""Super-resolution on pairs of one's own, by the commands' functions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig

from tests.media import moving, write_folder
from vidgan.data.datamodule import ClipDataModule
from vidgan.errors import UserError
from vidgan.experiment import preflight
from vidgan.experiment.build import build_data, build_task
from vidgan.experiment.data_inspection import check, index
from vidgan.experiment.training import train

Composed = Callable[..., DictConfig]
SMALL = [
    *("data.patch=32", "data.frames=2", "data.batch_size=1", "data.eval_frames=2", "engine.iterations=1"),
    *("validation.every=null", "players.discriminator.start=0", "machine=cpu", "machine.workers=0"),
    *("machine.progress=false", "tracking=disabled"),
]
PAIRS = ("data=aligned", "data.root=own", "data.layout.pictures={low: lq}")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four clips, and beside them each fourth pixel, which is no low resolution that a degradation makes."""
    monkeypatch.chdir(tmp_path)
    for seed, clip in enumerate("abcd"):
        frames = moving(4, 64, 64, seed=seed)
        write_folder(tmp_path / "own/gt" / clip, frames)
        write_folder(tmp_path / "own/lq" / clip, frames[:, ::4, ::4])
    return tmp_path / "own"


def test_a_run_goes_by_the_low_resolution_beside(own: Path, composed: Composed) -> None:
    config = composed(*PAIRS, *SMALL)
    data = build_data(config.data, config.machine, config.paths)
    assert isinstance(data, ClipDataModule)
    clip = data.training[0].to_float()
    assert torch.equal(build_task(config).condition(clip), clip.frames[..., ::4, ::4])
    run = train(config)
    assert train(config).id == run.id
    write_folder(own / "lq/a", np.zeros((4, 16, 16, 3), np.uint8))
    assert train(config).id == f"{run.id}-r2"


def test_pairs_are_checked_and_indexed(own: Path, composed: Composed, capsys: pytest.CaptureFixture[str]) -> None:
    config = composed(*PAIRS, command="data_sets")
    index(config)
    assert "8 clips indexed" in capsys.readouterr().out
    assert check(config)
    out = capsys.readouterr().out
    assert out.startswith("folders of aligned clips, from your own")
    assert "low is aligned with each clip, at 1/4 of its size\n" in out
    write_folder(own / "lq/b", np.zeros((4, 8, 8, 3), np.uint8))
    (own / "lq/c/frame_3.png").unlink()
    assert not check(config)
    out = capsys.readouterr().out
    assert "own/gt/b: low goes into it 8 times, and into own/gt/" in out
    assert "own/lq/c: 3 frames of 16 x 16 pixels are not aligned with own/gt/c, 4 frames of 64 x 64" in out


def test_another_scale_than_the_networks_is_told_before_training(own: Path, composed: Composed) -> None:
    for clip in "abcd":
        write_folder(own / "lq" / clip, np.zeros((4, 32, 32, 3), np.uint8))
    with pytest.raises(UserError, match=r"its low resolution is 16x16 pixels and the run enlarges x4 to 32x32"):
        preflight.Preflight().examine(composed(*PAIRS, *SMALL))


def test_data_that_points_of_a_sweep_share_is_looked_through_once(
    own: Path, composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(preflight, "refuse_useless_data", lambda data, machine: looked.append(data.root.name))
    examined = preflight.Preflight()
    for point in ("seed=0", "seed=1", "losses.pixel.weight=2", "data.frames=4"):
        examined.examine(composed(*PAIRS, *SMALL, point))
    assert looked == ["own", "own"]
