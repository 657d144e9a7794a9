"""The Lightning face of the data: sources to batches, the same ones for every number of workers and devices."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import active_children
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, ClassVar, Literal

import cv2
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from vidgan.data.augmentation import Augmentation
from vidgan.data.cache import DecodedCache
from vidgan.data.clip import Clip
from vidgan.data.datasets import Stretches, TrainingWindows, WholeClips, blank, refuse_missing, refuse_useless, usable
from vidgan.data.folder import Folder
from vidgan.data.layout import Layout
from vidgan.data.sampling import IterationSampler
from vidgan.data.shared_memory import Handed
from vidgan.data.sources import Size, Source
from vidgan.data.splits import Splits
from vidgan.errors import UserError
from vidgan.interruption import deaf
from vidgan.video.reader import BrokenFileError

logger = logging.getLogger(__name__)

_NAMED = 8  # clips in a line for a person


@dataclass(frozen=True)
class Loading:
    """How a machine loads; nothing here changes what is loaded.

    Args:
        workers: loader processes for each device; 0 loads in the training process.
        cache_dir: folder of decoded clips; None decodes anew each time.
        cache_gb: the most the cache may take, in 1e9 bytes.
        pin_memory: page-locked batches, for faster copies to a GPU; None where there is one.
    """

    workers: int = 0
    cache_dir: str | None = None
    cache_gb: float = 20.0
    pin_memory: bool | None = None


class KilledWorkerError(UserError):
    """Somebody has ended a loader's worker."""


@contextmanager
def killed_workers_told() -> Iterator[None]:
    """Makes one sentence of torch's error, which comes between any two lines, whatever they do.

    Raises:
        KilledWorkerError: a worker was killed.
    """
    try:
        yield
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise KilledWorkerError(
            "a loader worker was killed from outside, most often as memory is short; set machine.workers lower, or "
            "data.batch_size."
        ) from None


class ClipLoader(DataLoader[Clip]):
    """A loader whose workers can use OpenCV and whose errors read as they were raised."""

    def __iter__(self) -> Iterator[Clip]:  # type: ignore[override]  # any iterator will do
        # OpenCV's pool of threads does not survive a fork; workers are parallel already and inherit one thread.
        threads, others = cv2.getNumThreads(), set(active_children())
        cv2.setNumThreads(1)
        batches = super().__iter__()
        cv2.setNumThreads(threads)
        for worker in set(active_children()) - others:
            # A process that ends asks what is left of them to end, which they do not hear, and would wait for ever.
            Finalize(None, worker.kill, exitpriority=0)
        try:
            with killed_workers_told():
                yield from batches
        except KilledWorkerError:
            raise
        except UserError as error:
            # torch wraps a worker's error into its traceback; the frames it leaves would keep the workers waiting.
            error.__traceback__ = None
            raise UserError(str(error).rpartition(f"{type(error).__name__}: ")[2].strip()) from None


class FirstBatch(Dataset[Clip]):
    """The samples of the first batch, whatever number is asked for."""

    def __init__(self, training: Dataset[Clip], batch_size: int) -> None:
        self.training, self.batch_size = training, batch_size

    def __getitem__(self, sample: int) -> Clip:
        return self.training[sample % self.batch_size]


class DataModule(pl.LightningDataModule, ABC):
    """Data sets as batches of :class:`Clip`; a subclass says what they hold.

    Training goes through samples by their number, a batch an iteration, from the trainer's ``global_step`` to its
    ``max_steps``; evaluation through clips one by one, each on one rank. Batches arrive on the device as floats in
    [0, 1].

    Args:
        batch_size: samples in an iteration, over all devices.
        loading: the machine's half.

    Attributes:
        only_scored: whether it was given to be scored, not to be trained on; nothing is held out for a training then.
        context: frames on either side with which pieces of clips can be scored; None where whole clips are needed.
        scored_frames: the protocol scores the first ones of a clip alone; None for all.
        overfit: every iteration trains on the samples of the first one.
        scored_conditions: names of conditions that scored clips have beside those of training samples. Where they are
            said, no clip has to be read to know that a metric or a baseline can be fed.
    """

    scored_conditions: ClassVar[tuple[str, ...]] = ()

    def __init__(self, batch_size: int, loading: Loading | None) -> None:
        super().__init__()
        self.batch_size = batch_size
        self.loading = loading or Loading()
        self.only_scored = False
        self.context: int | None = None
        self.scored_frames: int | None = None
        self.overfit = False

    @property
    @abstractmethod
    def training(self) -> Dataset[Clip]:
        """The training samples by number: ``training[n]`` is the one that training saw under that number."""

    @abstractmethod
    def evaluated(self, split: Literal["val", "test"]) -> Dataset[Clip]:
        """Batches of one clip; it has a length."""

    def examine(self) -> None:
        """Looks at what trains and what is scored, before either begins.

        Raises:
            UserError: there is nothing to train on, or something that would be scored is missing.
        """

    def refuse_closed_cache(self) -> None:
        """
        Raises:
            UserError: clips are to be decoded into the cache, and it cannot be written to.
        """

    def blank(self) -> Clip | None:
        """A training sample with nothing in it, to know its shapes without loading any; None where they vary."""
        return None

    def scored_piece(self) -> Clip | None:
        """The largest piece that is scored, blank, on the meta device; None where it is small."""
        return None

    def scored_sizes(self, split: Literal["val", "test"]) -> list[tuple[str, Size]]:
        """Names and sizes of clips that are scored, where they come from files; the first ones of many."""
        return []

    def described(self) -> list[str]:
        """Lines for a person: what trains, validates and tests, or what of it is scored."""
        return []

    def knowledge(self) -> dict[str, Tensor]:
        """What the use of a network is to know of the data that trained it, such as the scene of a film.

        It is kept in the run's folder; empty where networks learn all there is to it.
        """
        return {}

    def train_dataloader(self) -> ClipLoader:
        trainer = self.trainer
        assert trainer is not None, "training batches are counted by the trainer's iterations"
        sampler = IterationSampler(
            self.batch_size,
            iterations=trainer.max_steps,
            start=lambda: trainer.global_step,
            rank=trainer.global_rank,
            world_size=trainer.world_size,
        )
        samples = FirstBatch(self.training, self.batch_size) if self.overfit else self.training
        return self._loader(samples, batch_sampler=sampler, collate_fn=Clip.collate)

    def val_dataloader(self) -> ClipLoader:
        return self._one_by_one(self.evaluated("val"))

    def test_dataloader(self) -> ClipLoader:
        return self._one_by_one(self.evaluated("test"))

    def transfer_batch_to_device(self, batch: Clip, device: torch.device, dataloader_idx: int) -> Clip:
        return batch.to(device, non_blocking=True)

    def on_after_batch_transfer(self, batch: Clip, dataloader_idx: int) -> Clip:
        return batch.to_float()

    def _one_by_one(self, dataset: Any) -> ClipLoader:
        if not len(dataset):
            raise UserError("This data has no clips to score; set the number of its clips or pairs to 1 or more.")
        rank, world_size = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        # Lightning skips the hooks of a rank without batches, and the other ranks would wait for it.
        own = range(rank, len(dataset), world_size) or [rank % len(dataset)]
        return self._loader(dataset, batch_size=None, sampler=self._parts(dataset, own))

    def _parts(self, dataset: Any, own: Sequence[int]) -> Iterable[Any]:
        """The keys under which the clips of these numbers are read; here each clip is read as a whole."""
        return own

    def _loader(self, dataset: Any, **arguments: Any) -> ClipLoader:
        workers, pin_memory = self.loading.workers, self.loading.pin_memory
        if workers:
            arguments["collate_fn"] = Handed(arguments.get("collate_fn"))
        return ClipLoader(
            dataset,
            num_workers=workers,
            persistent_workers=workers > 0,
            worker_init_fn=deaf,
            pin_memory=torch.cuda.is_available() if pin_memory is None else pin_memory,
            **arguments,
        )


class ClipDataModule(DataModule):
    """Clips below one folder, see :func:`vidgan.data.splits.split`: random windows train, whole clips evaluate.

    Args:
        root: folder of videos, zipped frames and folders of frames.
        batch_size: clips in an iteration, over all devices.
        frames: length of a training clip.
        patch: height and width of a training clip in pixels.
        augmentation: of training clips; None for none.
        eval_frames: the first frames of a clip are evaluated; None for all.
        eval_crop: the largest height and width evaluated, cut from the middle; None for whole frames.
        eval_multiple: evaluated heights and widths are cut down to multiples of this.
        seed: what is sampled follows from it and from the number of the sample.
        layout: which clips there are below the root; None takes all, see :class:`vidgan.data.folder.Folder`.
        loading: the machine's half.
    """

    def __init__(
        self,
        root: str,
        batch_size: int,
        frames: int,
        patch: int,
        augmentation: Augmentation | None = None,
        eval_frames: int | None = None,
        eval_crop: int | None = None,
        eval_multiple: int = 1,
        seed: int = 0,
        layout: Layout | None = None,
        loading: Loading | None = None,
    ) -> None:
        super().__init__(batch_size, loading)
        self.root, self.frames, self.patch = Path(root), frames, patch
        self.augmentation, self.seed, self.layout = augmentation, seed, layout or Folder()
        self.eval_frames, self.eval_crop, self.eval_multiple = eval_frames, eval_crop, eval_multiple

    def prepare_data(self) -> None:
        """Fills the cache, in one process of each machine, with the splits that the trainer is about to use.

        Raises:
            UserError: before training, a clip of another split is missing, which would be noticed hours later.
        """
        training = self.trainer is None or self.trainer.state.fn == "fit"
        if training:
            self.examine()
        if self._cache:
            self._cache.fill(self._trained_on if training else self.splits.test)

    def examine(self) -> None:
        refuse_missing([*self.splits.val, *self.splits.test])
        for _, fault in self.layout.misfits(self.splits):
            raise UserError(f"{fault}; see vidgan-data check")
        refuse_useless(self.splits.train, self.frames, self.patch)

    def refuse_closed_cache(self) -> None:
        if self._cache:
            self._cache.refuse_closed(self._trained_on)

    @property
    def _trained_on(self) -> list[Source]:
        return [*self.splits.train, *self.splits.val]

    def evaluated(self, split: Literal["val", "test"]) -> WholeClips:
        sources = self.splits.val if split == "val" else self.splits.test
        return WholeClips(self._cached(sources), self._first_frames, self.eval_crop, self.eval_multiple)

    def _parts(self, dataset: WholeClips, own: Sequence[int]) -> Iterable[Any]:
        return own if self.context is None else Stretches(dataset, own, self.context)

    @property
    def _first_frames(self) -> int | None:
        return min((count for count in (self.eval_frames, self.scored_frames) if count), default=None)

    def blank(self) -> Clip:
        return blank(Size(self.frames, self.patch, self.patch), self._first_aligned)

    @property
    def _first_aligned(self) -> Source | None:
        """The first clip with which others are aligned; None where there is none that can be read."""
        for source in [*self.splits.train, *self.splits.val, *self.splits.test]:
            with suppress(BrokenFileError, OSError):
                if source.scales:
                    return source
        return None

    def scored_sizes(self, split: Literal["val", "test"]) -> list[tuple[str, Size]]:
        return self.evaluated(split).sizes()

    def scored_piece(self) -> Clip:
        pieces = [self.evaluated(split).largest(self.context) for split in ("val", "test")]
        return max(pieces, key=lambda piece: piece.frames.numel())

    def described(self) -> list[str]:
        splits, cut = self.splits, _cut(self._first_frames, self.eval_crop)
        if self.only_scored:
            return [f"{_counted(splits.test)} of {self.root} scored{cut}"]
        note = f" ({splits.note})" if splits.note else ""
        held_out = [("val", splits.val), ("test", splits.test)]
        lines = [f"{name}: {_counted(sources)}" for name, sources in held_out]
        return [f"train: {_clips(splits.train)} of {self.root}{note}", *(line + cut for line in lines)]

    def teardown(self, stage: str) -> None:
        """Reports, after training, what damaged files have cost."""
        if stage != "fit" or "training" not in self.__dict__:
            return
        damaged = self.training.damaged
        if damaged.any():
            counts = (f"{self.training.sources[i].path} ({damaged[i]})" for i in damaged.nonzero().flatten().tolist())
            logger.warning("%d samples were drawn again, for damaged files: %s", damaged.sum(), ", ".join(counts))

    @cached_property
    def splits(self) -> Splits:
        """The sources of each split; found when first asked for."""
        if self.only_scored:
            return Splits([], [], self.layout.scored(self.root))
        return self.layout.splits(self.root)

    @cached_property
    def training(self) -> TrainingWindows:
        """The training samples by number: ``training[n]`` is the one that training saw under that number."""
        sources = usable(self._cached(self.splits.train), self.frames, self.patch)
        return TrainingWindows(sources, self.frames, self.patch, self.augmentation, self.seed, self.splits.weights)

    @cached_property
    def _cache(self) -> DecodedCache | None:
        if self.loading.cache_dir is None:
            return None
        return DecodedCache(Path(self.loading.cache_dir), self.loading.cache_gb, threads=max(1, self.loading.workers))

    def _cached(self, sources: Sequence[Source]) -> Sequence[Source]:
        return [self._cache.wrap(source) for source in sources] if self._cache else sources


def _clips(sources: Sequence[Source]) -> str:
    others = " and ".join(sources[0].others) if sources else ""
    return f"{len(sources)} clip{'' if len(sources) == 1 else 's'}{others and f' with {others}'}"


def _counted(sources: Sequence[Source]) -> str:
    """How many clips, and the names of the first of them."""
    names = ", ".join(source.name for source in sources[:_NAMED])
    more = f" and {len(sources) - _NAMED} more" if len(sources) > _NAMED else ""
    return f"{_clips(sources)} ({names}{more})"


def _cut(frames: int | None, crop: int | None) -> str:
    """What of each clip is looked at, where that is not all of it."""
    parts = [f"the first {frames} frames"] if frames else []
    parts += [f"{crop} x {crop} pixels of the middle at most"] if crop else []
    return f", of each {' and '.join(parts)}" if parts else ""
