"""What a user sees of a run: its table, its comparison picture and video, and where they are."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from rich.console import Console
from rich.text import Text
from torch import Tensor

from vidgan.console import say
from vidgan.data.datamodule import DataModule
from vidgan.experiment.terminal import show_table
from vidgan.metrics.direction import read, written
from vidgan.protocols.protocol import Protocol
from vidgan.record.folder import RunFolder
from vidgan.video.compare import comparison_picture, side_by_side
from vidgan.video.writer import VideoWriter

#: Clips in a comparison picture, the first ones.
_ROWS = 12
#: Frames of a comparison video, the first ones.
_FILMED = 300


class Showcase(Callback):
    """A comparison picture of the first clips of each validation and test, and a side-by-side video of the very first.

    Validations fall on the same iterations in all runs of a study, so that their samples line up.

    Args:
        folder: where they are written.
        shown: methods, left to right.
        tracker: logs them too; None for none.
    """

    def __init__(self, folder: Path, shown: Sequence[str], tracker: Any = None) -> None:
        self._folder = folder
        self._shown = shown
        self._tracker = tracker
        self._iteration = 0
        self._testing = False
        self._writes = True
        self._rows: dict[str, dict[str, Tensor]] = {}
        self._video: VideoWriter | None = None

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._start(trainer, testing=False)

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._start(trainer, testing=True)

    def _start(self, trainer: pl.Trainer, testing: bool) -> None:
        self._iteration, self._testing, self._rows = trainer.global_step, testing, {}
        self._writes = trainer.is_global_zero

    @property
    def _made(self) -> Path:
        """Files of this validation or test, without their suffix."""
        return self._folder / ("comparison" if self._testing else f"{self._iteration:07d}")

    def watch(self, clip: str, pictures: Mapping[str, Tensor]) -> None:
        """Takes what was made of one clip, or of the next piece of one, (T, C, H, W) by method."""
        shown = {name: pictures[name] for name in self._shown if name in pictures}
        if not shown or not self._writes:
            return
        if clip not in self._rows and len(self._rows) < _ROWS:
            self._rows[clip] = {name: frames[len(frames) // 2].float().cpu() for name, frames in shown.items()}
        if clip == next(iter(self._rows)):
            self._film(shown)

    def _film(self, shown: Mapping[str, Tensor]) -> None:
        if self._video is None:
            self._video = VideoWriter(self._made.with_suffix(".mp4"), Fraction(25))
            self._video.__enter__()  # left in _write, pieces and clips later
        for frame in islice(side_by_side(shown), max(0, _FILMED - self._video.count)):
            self._video.write(frame)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._write("samples")

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._write("comparison")

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        if self._video is not None:
            self._video.abandon()

    def _write(self, name: str) -> None:
        video, self._video = self._video, None
        if video is not None and video.count > 1:
            video.__exit__(None, None, None)
        elif video is not None:
            video.abandon()  # of single pictures
        if self._rows:
            picture, film = self._made.with_suffix(".png"), self._made.with_suffix(".mp4")
            comparison_picture(self._rows, picture)
            media = {f"{name}/picture": picture, f"{name}/video": film}
            if self._tracker is not None:
                self._tracker.log_media({key: path for key, path in media.items() if path.is_file()}, self._iteration)


def show_start(folder: RunFolder, reason: str) -> None:
    Console().print(Text.assemble((folder.id, "bold"), "  ", reason), soft_wrap=True)


def show_data(data: pl.LightningDataModule) -> None:
    """Prints which clips train, validate and test, or which are scored."""
    for line in data.described() if isinstance(data, DataModule) else []:
        say(line)


def described(protocol: Protocol) -> dict[str, Any]:
    """What a table needs to know of its protocol beside the scores."""
    return {
        "protocol": protocol.name,
        **written(protocol.directions),
        "left_out": protocol.left_out,
    }


def flat_scores(scores: Mapping[str, float], baselines: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The test scores of a run and of its baselines as one row, e.g. ``test/psnr`` and ``test/bicubic/psnr``."""
    row = {f"test/{name}": value for name, value in scores.items()}
    for method, values in baselines.items():
        row |= {f"test/{method}/{name}": value for name, value in values.items()}
    return row


def show_scores(
    model: str, scores: Mapping[str, float], baselines: Mapping[str, Mapping[str, float]], protocol: Mapping[str, Any]
) -> None:
    """Prints the baselines and the model, a row each and a column a metric, or the other way where that fits.

    Best values are bold.
    """
    rows = {**baselines, model: scores}
    directions = read(protocol)
    columns = [[Text("method"), *map(Text, rows)]]
    for name in scores:
        best = directions[name].best(row[name] for row in rows.values())
        cells = [Text(f"{row[name]:.4g}", "bold" if row[name] == best else "") for row in rows.values()]
        columns.append([Text(f"{name} {directions[name].sign}"), *cells])
    console, title = Console(), f"mean over clips, protocol {protocol['protocol']}"
    show_table(console, list(zip(*columns, strict=True)), title)
    if protocol["left_out"]:
        console.print(
            f"left out, as their weights or programs are not on this machine: {', '.join(protocol['left_out'])}"
        )


def show_result(folder: RunFolder) -> None:
    """Prints the recorded result and the paths of all that was made."""
    console, summary = Console(), folder.summary
    if summary.get("metrics"):
        show_scores(folder.id, summary["metrics"], summary["baselines"], summary)
    made = {
        "weights": folder.checkpoints / "last.safetensors",
        "picture": folder.samples / "comparison.png",
        "video": folder.samples / "comparison.mp4",
        "scores by clip": folder.path / "per_clip.csv",
        "log": folder.path / "metrics.csv",
    }
    console.print(f"{summary['iteration']} iterations, {summary['seconds']:.0f} s")
    for name, path in made.items():
        if path.is_file():
            say(f"{name}: {path}")
    for warning in summary.get("warnings", ()):
        say(warning, style="bold red")
