"""How fast training clips are loaded, and whether training waits for them."""

import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pytorch_lightning.callbacks import Callback
from rich.progress import Progress
from torch.utils.data import DataLoader

from benchmarks.engine import engine_task, fit
from benchmarks.figure import Figure, middle
from benchmarks.footage import moving
from benchmarks.game import Game
from benchmarks.reference.png_loader import PngWindows
from vidgan.data.augmentation import Augmentation
from vidgan.data.clip import Clip
from vidgan.data.datamodule import ClipDataModule, ClipLoader, Loading
from vidgan.data.sampling import IterationSampler
from vidgan.experiment.schema import MachineConfig
from vidgan.video.writer import writer

FRAMES, BATCH = 5, 4
SMALL = Game(channels=32, convs=4, judge_channels=16)


@dataclass(frozen=True)
class Size:
    """The footage, and how many batches are loaded in a pass.

    Attributes:
        clips, frames, height, width: folders of PNG frames; 1280x720 are REDS' frames.
        patch: height and width of the windows.
        cached, decoded: batches in a pass of the two loaders, about as long by the clock.
        steps: of training, to see how long they wait.
    """

    clips: int = 4
    frames: int = 12
    height: int = 720
    width: int = 1280
    patch: int = 128
    cached: int = 300
    decoded: int = 6
    rounds: int = 5
    steps: int = 12
    game: Game = SMALL


TINY = Size(2, 6, 48, 64, 32, cached=2, decoded=1, rounds=1, steps=2, game=Game(1, 32, 8, 1, 8))


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "footage", size, progress)
        data = _data(folder, size)
        data.prepare_data()
        data.training[0]  # imports what augments, which is no part of loading
        folders = sorted((folder / "footage").iterdir())
        figures = [_against_png(data, folders, size, workers, progress) for workers in (0, 2)]
        return [*figures, _waiting(folder, size)]


def _write(root: Path, size: Size, progress: Progress) -> None:
    for number in progress.track(range(size.clips), description="footage"):
        with writer(root / str(number), Fraction(25)) as sink:
            for frame in moving(size.frames, size.height, size.width, seed=number):
                sink.write(frame)


def _data(folder: Path, size: Size) -> "_Timed":
    loading = Loading(workers=0, cache_dir=str(folder / "cache"))
    return _Timed(str(folder / "footage"), BATCH, FRAMES, size.patch, Augmentation(), loading=loading)


def _against_png(data: ClipDataModule, folders: list[Path], size: Size, workers: int, progress: Progress) -> Figure:
    """Whole passes in turn, workers started anew in each: nothing is loaded ahead while the other is timed."""
    rates: dict[str, list[float]] = {"cache": [], "png": []}
    for _ in progress.track(range(size.rounds), description=f"loading with {workers} workers"):
        sampler = IterationSampler(BATCH, size.cached)
        cached = ClipLoader(data.training, batch_sampler=sampler, collate_fn=Clip.collate, num_workers=workers)
        windows = PngWindows(folders, FRAMES, size.patch, size.decoded * BATCH)
        decoded = DataLoader(windows, BATCH, num_workers=workers)
        rates["cache"].append(_clips_a_second(cached, size.cached))
        rates["png"].append(_clips_a_second(decoded, size.decoded))
    value, spread = middle([ours / theirs for ours, theirs in zip(rates["cache"], rates["png"], strict=True)])
    note = (
        f"{middle(rates['cache'])[0]:,.0f} / {middle(rates['png'])[0]:.1f} clips/s; {FRAMES} frames of {size.patch} px "
        f"from {size.width}x{size.height}, flipped and turned; low resolution is made on the device, by neither loader"
    )
    return Figure(f"loading, {workers} workers", value, "x", 20.0, "higher", spread, note)


def _clips_a_second(loader: Iterable[Any], batches: int) -> float:
    started = time.perf_counter()
    for _ in loader:
        pass
    return batches * BATCH / (time.perf_counter() - started)


class _Timed(ClipDataModule):
    """Knows how long the trainer waited for each batch."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.waited: list[float] = []

    def train_dataloader(self) -> Any:
        return _TimedLoader(super().train_dataloader(), self.waited)


class _TimedLoader:
    def __init__(self, loader: ClipLoader, waited: list[float]) -> None:
        self.loader, self.waited = loader, waited

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Clip]:
        batches = iter(self.loader)
        for _ in range(len(self.loader)):
            started = time.perf_counter()
            batch = next(batches)
            self.waited.append(time.perf_counter() - started)
            yield batch


class _StepTimes(Callback):
    def __init__(self) -> None:
        self.ended: list[float] = []

    def on_train_batch_end(self, *arguments: Any) -> None:
        self.ended.append(time.perf_counter())


def _waiting(folder: Path, size: Size) -> Figure:
    """The share of an iteration that goes by before its batch is there, with the loader in the training process."""
    data, steps = _data(folder, size), _StepTimes()
    fit(engine_task(size.game, size.steps), MachineConfig(accelerator="cpu", threads=1), [steps], data)
    iterations = [later - earlier for earlier, later in zip(steps.ended, steps.ended[1:], strict=False)]
    shares = [100 * wait / whole for wait, whole in zip(data.waited[1:], iterations, strict=True)]
    value, spread = middle(shares)
    note = f"of {middle(iterations)[0] * 1e3:.0f} ms, 0 workers, a batch of {BATCH} clips of {FRAMES} frames"
    return Figure("share of a step that waits for data", value, "%", spread=spread, note=note)
