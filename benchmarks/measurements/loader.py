"""How fast training clips are loaded, and whether training waits for them."""

import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pytorch_lightning.callbacks import Callback
from rich.progress import Progress
from torch.utils.data import DataLoader

from benchmarks.engine import engine_task, fit
from benchmarks.gan_setup import Game
from benchmarks.measurement import Figure, middle
from benchmarks.reference.png_loader import PngWindows
from benchmarks.synthetic_video import moving
from vidgan.config.schema import MachineConfig
from vidgan.data.augmentation import Augmentation
from vidgan.data.clip import Clip
from vidgan.data.datamodule import ClipDataModule, ClipLoader, Loading
from vidgan.data.sampling import IterationSampler
from vidgan.video.writer import writer

FRAMES, BATCH = 5, 4
STORED = ("videos", "folders of PNG", "zips of PNG")
YARDSTICK = "PyTorch over PNG"
SMALL = Game(channels=32, convs=4, judge_channels=16)


@dataclass(frozen=True)
class Size:
    """The footage, and how many batches are loaded in a pass.

    Attributes:
        clips, frames, height, width: folders of PNG frames; 1280x720 are REDS' frames.
        patch: height and width of the windows.
        cached, decoded: batches in a pass from the cache and of all other loaders, neither too short to be timed.
        steps: of training, to see how long they wait.
    """

    clips: int = 4
    frames: int = 12
    height: int = 720
    width: int = 1280
    patch: int = 128
    cached: int = 300
    decoded: int = 2
    rounds: int = 5
    steps: int = 12
    game: Game = SMALL


TINY = Size(2, 6, 48, 64, 32, cached=2, decoded=1, rounds=1, steps=2, game=Game(1, 32, 8, 1, 8))


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, size, progress)
        cached = _data(folder / "folders of PNG", size, folder / "cache")
        cached.prepare_data()
        cached.training[0]  # imports what augments, which is no part of loading
        sides = {"cache": cached, **{kind: _data(folder / kind, size) for kind in STORED}}
        figures = [figure for workers in (0, 2) for figure in _against_png(sides, folder, size, workers, progress)]
        waits = [_waiting(name, data, size) for name, data in sides.items()]
        return [*figures, *waits]


def _write(root: Path, size: Size, progress: Progress) -> None:
    """The same footage in every way it may be stored; a video of so few frames has one key frame."""
    for number in progress.track(range(size.clips), description="footage"):
        frames = root / "folders of PNG" / str(number)
        video = root / "videos" / f"{number}.mp4"
        with writer(frames, Fraction(25)) as pictures, writer(video, Fraction(25)) as film:
            for frame in moving(size.frames, size.height, size.width, seed=number):
                pictures.write(frame)
                film.write(frame)
        zipped = root / "zips of PNG" / f"{number}.zip"
        zipped.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(zipped, "w") as archive:
            for path in sorted(frames.iterdir()):
                archive.write(path, path.name)


def _data(root: Path, size: Size, cache: Path | None = None) -> "_Timed":
    loading = Loading(workers=0, cache_dir=None if cache is None else str(cache))
    return _Timed(str(root), BATCH, FRAMES, size.patch, Augmentation(), loading=loading)


def _against_png(
    sides: dict[str, "_Timed"], folder: Path, size: Size, workers: int, progress: Progress
) -> list[Figure]:
    """Whole passes in turn, workers started anew in each: nothing is loaded ahead while another is timed."""
    rates: dict[str, list[float]] = {name: [] for name in (*sides, YARDSTICK)}
    folders = sorted((folder / "folders of PNG").iterdir())
    for _ in progress.track(range(size.rounds), description=f"loading with {workers} workers"):
        for name, data in sides.items():
            batches = size.cached if name == "cache" else size.decoded
            sampler = IterationSampler(BATCH, batches)
            loader = ClipLoader(data.training, batch_sampler=sampler, collate_fn=Clip.collate, num_workers=workers)
            rates[name].append(_clips_a_second(loader, batches))
        windows = PngWindows(folders, FRAMES, size.patch, size.decoded * BATCH)
        rates[YARDSTICK].append(_clips_a_second(DataLoader(windows, BATCH, num_workers=workers), size.decoded))
    return [_figure(name, rates, size, workers) for name in sides]


def _figure(name: str, rates: dict[str, list[float]], size: Size, workers: int) -> Figure:
    value, spread = middle([ours / theirs for ours, theirs in zip(rates[name], rates[YARDSTICK], strict=True)])
    note = (
        f"{middle(rates[name])[0]:,.1f} / {middle(rates[YARDSTICK])[0]:.1f} clips/s of a PyTorch loader over PNG; "
        f"{FRAMES} frames of {size.patch} px from {size.width}x{size.height}, flipped and turned; low resolution is "
        "made on the device, by neither loader"
    )
    target = 20.0 if name == "cache" else None
    return Figure(f"loading from {name}, {workers} workers", value, "x", target, "higher", spread, note)


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


def _waiting(kind: str, data: _Timed, size: Size) -> Figure:
    """The share of an iteration that goes by before its batch is there, with the loader in the training process."""
    steps = _StepTimes()
    fit(engine_task(size.game, size.steps), MachineConfig(accelerator="cpu", threads=1), [steps], data)
    iterations = [later - earlier for earlier, later in zip(steps.ended, steps.ended[1:], strict=False)]
    shares = [100 * wait / whole for wait, whole in zip(data.waited[1:], iterations, strict=True)]
    value, spread = middle(shares)
    note = f"of {middle(iterations)[0] * 1e3:.0f} ms, 0 workers, a batch of {BATCH} clips of {FRAMES} frames"
    return Figure(f"share of a step that waits for {kind}", value, "%", spread=spread, note=note)
