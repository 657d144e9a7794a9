"""Whether prediction needs more memory for a longer video."""

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from rich.progress import Progress

from benchmarks.commands import STILL, run
from benchmarks.measurement import Figure
from benchmarks.synthetic_video import moving
from vidgan.video.writer import writer


@dataclass(frozen=True)
class Size:
    """Frames of the two videos, and their height and width in pixels."""

    short: int = 100
    long: int = 1000
    height: int = 96
    width: int = 160


TINY = Size(short=2, long=3, height=32, width=32)


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    peaks: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bar = progress.add_task("memory of prediction", total=3)
        _train(folder)
        for frames in (size.short, size.long):
            progress.advance(bar)
            peaks[frames] = _peak(folder, frames, size)
        progress.advance(bar)
    growth = (peaks[size.long] - peaks[size.short]) / (size.long - size.short)
    note = (
        f"peak of vidgan-predict, {size.width}x{size.height} to x4: {peaks[size.long] / 1e6:.0f} MB for {size.long} "
        f"frames / {peaks[size.short] / 1e6:.0f} MB for {size.short}; {growth / 1e3:+.1f} kB a frame"
    )
    return [Figure("memory of a longer video", peaks[size.long] / peaks[size.short], "x", 1.05, note=note)]


def _train(folder: Path) -> None:
    """One iteration of the quickstart: enough of a run to predict with."""
    run("vidgan-train", *STILL, folder=folder)


def _peak(folder: Path, frames: int, size: Size) -> int:
    given, out = folder / f"{frames}.mp4", folder / f"{frames}-out.mp4"
    with writer(given, Fraction(25)) as sink:
        for frame in moving(frames, size.height, size.width):
            sink.write(frame)
    (trained,) = folder.glob("runs/*/*")
    arguments = (f"run={trained.name}", f"input={given}", f"output={out}", "machine=cpu")
    return run("vidgan-predict", *arguments, folder=folder).peak_bytes
