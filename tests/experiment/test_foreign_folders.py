"""Folders that are read-only, somebody else's, full or removed: one sentence each, and nothing of theirs is touched."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback

import vidgan.tasks.denoising.use  # noqa: F401 - who may not read the environment cannot import it later
from tests.media import moving, write_video
from vidgan.errors import UserError
from vidgan.experiment.evaluation import evaluate
from vidgan.experiment.prediction import predict
from vidgan.experiment.preflight import Preflight
from vidgan.experiment.training import train
from vidgan.record.folder import RunFolder, find_trained

Composed = Callable[..., DictConfig]
NOBODY = 65534
HERE = ["machine=cpu", "machine.workers=0", "machine.progress=false", "tracking=disabled"]


@contextmanager
def colleague() -> Iterator[None]:
    """Inside, root is nobody; other users, whom permissions bind anyway, stay who they are."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that others can look into, as well as everybody's home; pytest's own are closed to them."""
    umask = os.umask(0o022)
    path = Path(tempfile.mkdtemp(prefix="vidgan-"))
    path.chmod(0o755)
    for name in ("HOME", "TORCH_HOME"):
        monkeypatch.setenv(name, str(path))
    yield path
    os.umask(umask)
    for folder in (path, *path.rglob("*")):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o755)
    shutil.rmtree(path)


def closed(folder: Path) -> None:
    """Takes the right to write from everybody whom permissions bind."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def opened(folder: Path) -> Path:
    """A folder of the colleague's own."""
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture
def tiny(composed: Composed, place: Path) -> Callable[..., DictConfig]:
    """The configuration of a training of one iteration on one video."""
    write_video(place / "clips" / "a.mp4", moving(40, 40, 40))
    network = ["channels=4", "deep_channels=4", "blocks=1", "gate_channels=4"]

    def make(*overrides: str) -> DictConfig:
        return composed(
            "experiments=denoising/quickstart",
            "data=folder",
            f"data.root={place}/clips",
            f"paths.runs={place}/runs",
            f"paths.cache={place}/cache",
            "~networks.discriminator",
            "~players.discriminator",
            "~losses.adversarial",
            "validation.every=null",
            *(f"networks.generator.{item}" for item in network),
            *("data.batch_size=1", "data.frames=2", "data.patch=16", "data.eval_frames=4", "engine.iterations=1"),
            *HERE,
            *overrides,
        )

    return make


def listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path.relative_to(folder)), path.stat().st_mtime_ns) for path in folder.rglob("*"))


def test_runs_that_cannot_be_written(tiny: Callable[..., DictConfig], place: Path) -> None:
    config = tiny()
    (place / "runs").mkdir()
    closed(place / "runs")
    opened(place / "cache")
    Preflight().examine(config)  # which imports what the colleague may not be able to read
    with colleague(), pytest.raises(UserError, match=r"runs/denoising/.* cannot be written \(Permission denied\)"):
        train(config)
    assert list((place / "runs").iterdir()) == []


def test_a_colleagues_run_is_used_and_not_touched(
    tiny: Callable[..., DictConfig], composed: Composed, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = train(tiny())
    closed(folder.path)
    before = listing(folder.path)
    mine = opened(place / "mine")
    given = [f"paths.runs={mine}/runs", f"paths.cache={mine}/cache", "machine=cpu", "machine.progress=false"]
    # Composed by who may read the environment, which root may have made for itself.
    scored = composed(f"run={folder.path}", "tracking=disabled", *given, command="evaluate")
    scored.machine.workers = 0
    video = [f"input={place}/clips/a.mp4", f"output={mine}/o.mp4"]
    used, recorded = composed(f"run={folder.path}", *video, *given, command="predict"), tiny()
    with colleague():
        assert find_trained(place / "runs", "denoiser").id == folder.id
        evaluate(scored)
        assert "what is found goes to" in capsys.readouterr().out
        predict(used)
        train(recorded)
        assert "recorded result" in capsys.readouterr().out
        with pytest.raises(UserError, match="cannot be written"), folder.locked():
            pass
    assert listing(folder.path) == before
    assert (mine / f"runs/evaluations/{folder.id}/denoising-last/scores.json").is_file()


def test_a_lock_is_seen_by_those_who_cannot_take_it(place: Path) -> None:
    folder = RunFolder(place / "run")
    with folder.locked():
        closed(folder.path)
        with colleague():
            assert folder.is_locked
    with colleague():
        assert not folder.is_locked


def test_a_cache_that_cannot_be_written(tiny: Callable[..., DictConfig], place: Path) -> None:
    (place / "cache").mkdir()
    closed(place / "cache")
    opened(place / "mine")
    config = tiny(f"paths.runs={place}/mine")
    with colleague(), pytest.raises(UserError, match=r"cache of decoded clips cannot be written \(Permission denied\)"):
        train(config)
    assert list((place / "mine").iterdir()) == []


def test_a_cache_that_has_all_need_not_be_written(tiny: Callable[..., DictConfig], place: Path) -> None:
    train(tiny())
    closed(place / "cache")
    opened(place / "mine")
    config = tiny(f"paths.runs={place}/mine")
    with colleague():
        assert train(config).state == "finished"


class Removes(Callback):
    """Removes the run's folder, or a part of it, after an iteration."""

    def __init__(self, runs: Path, pattern: str, iteration: int) -> None:
        self.runs, self.pattern, self.iteration = runs, pattern, iteration

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
        if trainer.global_step == self.iteration:
            shutil.rmtree(next(self.runs.glob(self.pattern)))


@pytest.mark.parametrize("every", [1, 2, 100], ids=lambda every: f"a checkpoint every {every}")
@pytest.mark.parametrize("log_every", [1, 100], ids=["logs", "silent"])
def test_a_run_that_is_removed_while_it_trains(
    tiny: Callable[..., DictConfig], place: Path, every: int, log_every: int
) -> None:
    config = tiny("engine.iterations=5", f"engine.log_every={log_every}", f"machine.checkpoint.every={every}")
    with pytest.raises(UserError, match="was removed while it was being trained; run the same command again"):
        train(config, watchers=[Removes(place / "runs", "*/*", 3)])
    assert list((place / "runs/denoising").iterdir()) == []
