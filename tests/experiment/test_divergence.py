"""A training that came to a bad end says so: in its state, in its summary, and on the screen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from vidgan.errors import UserError
from vidgan.experiment.training import train
from vidgan.record.folder import RunFolder

SMALL = (
    *(
        "data.eval_crop=32",
        "engine.iterations=6",
        "data.batch_size=1",
        "data.frames=2",
        "data.patch=32",
        "data.eval_frames=2",
    ),
    *("networks.generator.channels=4", "networks.discriminator.channels=4", "players.discriminator.start=0"),
    *("validation.every=null", "machine=cpu", "machine.workers=0", "machine.progress=false", "tracking=disabled"),
)


def test_a_diverged_run_is_not_finished(composed: Callable[..., DictConfig], tmp_path: Path) -> None:
    config = composed(*SMALL, "players.generator.optimizer.lr=1e30")
    with pytest.raises(UserError, match=r"Training diverged: 5 of 6 updates of player 'generator'"):
        train(config)
    (folder,) = (tmp_path / "runs/super_resolution").iterdir()
    assert RunFolder(folder).summary["state"] == "failed"
    with pytest.raises(UserError, match=r"Training diverged: 5 of 6 updates of player 'generator'"):
        train(config)  # the same command again has nothing better to tell


def test_a_discriminator_that_never_moved_is_told(
    composed: Callable[..., DictConfig], capsys: pytest.CaptureFixture[str]
) -> None:
    config = composed(*SMALL, "players.discriminator.balance=-1.0")
    folder = train(config)
    warning = "WARNING: the player 'discriminator' never moved in 6 iterations: its gate stayed closed"
    assert [line.startswith(warning) for line in folder.summary["warnings"]] == [True]
    assert warning in capsys.readouterr().out
