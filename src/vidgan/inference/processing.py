"""From inputs to outputs: one file or a folder of them is read, worked on and written, at the same time."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import repeat
from pathlib import Path

from vidgan.engine.progress import counted
from vidgan.errors import UserError
from vidgan.inference.batch import Job, jobs_of, refuse_failed
from vidgan.inference.inputs import Input, open_input
from vidgan.inference.outputs import allow_overwriting, refuse_inputs
from vidgan.inference.overlap import ahead, behind
from vidgan.inference.own_format import OwnFormat
from vidgan.inference.video_options import VideoOptions, encoding, reading
from vidgan.video.writer import FolderWriter, FrameWriter, writer

#: What is made of an input: its frames, and how many, how fast and at which times they are.
Work = Callable[[Input], Input]


def process(
    path: Path, out: Path, work: Work, options: VideoOptions, progress: bool = False, own: OwnFormat | None = None
) -> Path:
    """Reads an input, has work done on its frames, and writes what is made; returns the path of that.

    Frames are decoded, worked on and encoded at the same time, in constant memory. A folder of videos, or of pictures
    of several sizes, is worked on file by file; those that fail are told at the end.

    Args:
        path: a video, a picture, zipped pictures, or a folder of pictures or videos.
        out: a video or a picture by its suffix, a folder without one.
        work: makes another input of one, which is what is written; see :func:`vidgan.inference.placing.in_place` for
            what makes one frame of each.
        options: how files are read and written.
        progress: whether a bar shows how far it is.
        own: a further kind of files that may be read and written.

    Raises:
        UserError: the input, the output or an option is at fault, or some files of a folder failed; nothing
            half-written is left.
    """
    if not path.exists():
        raise UserError(f"input={path}: there is no such file or folder.")
    refuse_inputs(out, path)
    jobs, failed = jobs_of(path, out, encoding(options)), list[tuple[Path, str]]()
    allow_overwriting([job.out for job in jobs], options.overwrite)
    if len(jobs) == 1 and jobs[0].given == path:
        with _made(jobs[0], work, options, own) as made:
            _exhaust(counted(_written(made, jobs[0], options, own), made.count, "frames", progress))
        return out
    frames = _all(jobs, work, options, own, failed)
    _exhaust(counted(frames, sum(job.count for job in jobs), "frames", progress))
    refuse_failed(failed, len(jobs), out)
    return out


def _all(
    jobs: list[Job], work: Work, options: VideoOptions, own: OwnFormat | None, failed: list[tuple[Path, str]]
) -> Iterator[None]:
    """Works on one input after the other; yields once for each of their frames, however many are made of them."""
    for job in jobs:
        try:
            with _made(job, work, options, own) as made:
                yield from _spread(_written(made, job, options, own), made.count, job.count)
        except UserError as error:
            failed.append((job.given, str(error)))


@contextmanager
def _made(job: Job, work: Work, options: VideoOptions, own: OwnFormat | None) -> Iterator[Input]:
    """What is made of an input, which is decoded meanwhile."""
    if own is not None and own.is_of(job.given):
        given = own.open(job.given, reading(options))
    else:
        given = open_input(job.given, reading=reading(options))
    with closing(ahead(given.items)) as items:
        yield work(replace(given, items=items))


def _written(made: Input, job: Job, options: VideoOptions, own: OwnFormat | None) -> Iterator[None]:
    """Writes what is made; yields for each frame."""
    with _sink(made, job, options, own) as sink:
        yield from behind(made.items, lambda item: sink.write(*item))


def _spread(steps: Iterator[None], count: int, wanted: int) -> Iterator[None]:
    """So many steps as are wanted, evenly among ``count`` others."""
    done = 0
    for number, _ in enumerate(steps, start=1):
        share = number * wanted // max(1, count)
        yield from repeat(None, share - done)
        done = share


def _sink(made: Input, job: Job, options: VideoOptions, own: OwnFormat | None) -> FrameWriter:
    if own is not None and own.is_of(job.out):
        return own.write(job.out, made)
    if job.folder:
        return FolderWriter(job.out, overwrite=True)
    return writer(job.out, made.fps, made.video, encoding(options), True, made.time_base, made.in_step)


def _exhaust(steps: Iterator[None]) -> None:
    for _ in steps:
        pass
