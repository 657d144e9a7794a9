"""Scoring a task clip by clip under a protocol, on any number of devices."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.data.datamodule import DataModule
from vidgan.data.sources import Size
from vidgan.degradations.base import Degradation
from vidgan.engine.score_rows import MODEL, Row, add_bd_rates, gathered, mean_scores, uncounted
from vidgan.engine.step import GeneratorOutput, Step, named_in
from vidgan.errors import UserError
from vidgan.metrics.base import Mean
from vidgan.namespace import OWN, asked_by
from vidgan.protocols.protocol import LARGE_ENOUGH, Protocol
from vidgan.protocols.tally import Tally

#: Makes, of what its signature names of a step with one clip or a piece of one, what is scored of the new frames beside
#: the model: frames (1, T, ...), or an output that names more.
Baseline = Callable[..., Tensor | GeneratorOutput]

logger = logging.getLogger(__name__)


def made_by(name: str, baseline: Baseline, step: Step) -> GeneratorOutput:
    """What a baseline makes of a step.

    Raises:
        UserError: it asks for what is not there.
    """
    made = baseline(**asked_by(baseline).of(step.namespace, f"The baseline {name}"))
    return made if isinstance(made, GeneratorOutput) else GeneratorOutput(made)


def _known(step: Step, wanted: Collection[str]) -> dict[str, Tensor]:
    """The wanted tensors of a step with one clip, beside ``fake`` and ``real``, without B; of a piece its new frames.

    Raises:
        UserError: the clip comes in pieces, and what the generator has named is not frame by frame.
    """
    there = {name: value for name, value in step.namespace.items() if isinstance(value, Tensor) and name in wanted}
    return {name: _of_new_frames(name, value, step) for name, value in there.items() if name not in ("fake", "real")}


def _of_new_frames(name: str, value: Tensor, step: Step) -> Tensor:
    clip, made = step.clip, name in step.output.named
    if clip.piece is None or (value.ndim == 1 and not made):  # what is given as one number is that of all pieces
        return value[0]
    held = step.fake.shape[1] if made else clip.frames.shape[1]
    if value.shape[1:2] != (held,):
        raise UserError(
            f"A metric asks for {name}, which {'the generator makes' if made else 'is there'} with the shape "
            f"{tuple(value.shape)}, and clips are scored in pieces: make it (B, T, ...), something for each frame, or "
            "remove the metric."
        )
    return value[0] if made else value[0, clip.piece.new]


def _wait_for(device: torch.device) -> None:
    """Until all that was queued is done, which the clock would else count elsewhere."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _by_size(data: DataModule, splits: Sequence[Literal["val", "test"]]) -> Iterable[tuple[str, Size]]:
    """One of the clips that are scored, and its size, of each size; all that are large are alike."""
    clips = [clip for split in splits for clip in data.scored_sizes(split)]
    return {tuple(min(side, LARGE_ENOUGH) for side in size): (name, size) for name, size in clips}.values()


def _named_in_first(clips: Any) -> Collection[str]:
    """What the first of some clips itself has beside its frames."""
    return named_in(clips[0]) if len(clips) else ()


@dataclass
class _Run:
    """A clip under one of its protocol's cases, as far as it has been worked through."""

    memory: Any = None
    tallies: dict[str, Tally] = field(default_factory=dict)


class ScoredModule(pl.LightningModule):
    """A module whose validation and test score whole clips.

    Attributes:
        shown: methods that comparison pictures and videos show, left to right; ``real`` is the truth.
        compare_to: names of the baselines that a test scores; None is all of them.
        protocol: how clips are scored; None scores nothing.
        degradation: what makes the generator's input of the real clip; None where nothing does.
        rows: scores of the last validation or test, one row a clip and method.
        scores: their means, ``{method: {metric: value}}``; the trained model's method is ``model``.
        seconds: mean time that each method took for a frame of the last validation or test.
        case_conditions: names of the conditions that cases of a protocol may set.
        watchers: called with (clip name, pictures by method) after each clip, or each piece of one; pictures are
            (T, C, H, W) in [0, 1].
    """

    shown: ClassVar[tuple[str, ...]] = (MODEL, "real")
    case_conditions: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.compare_to: Sequence[str] | None = None
        self.protocol: Protocol | None = None
        self.degradation: Degradation | None = None
        self.rows: list[Row] = []
        self.seconds: dict[str, Mean] = defaultdict(Mean)
        self._kept: list[Row] = []
        self._runs: dict[str, _Run] = {}
        self.scores: dict[str, dict[str, float]] = {}
        self.watchers: list[Callable[[str, Mapping[str, Tensor]], None]] = []

    def setup(self, stage: str) -> None:
        """Refuses, before anything is trained, a protocol that fits neither the task nor the data."""
        data = getattr(self.trainer, "datamodule", None)
        self.ask(data, with_baselines=stage == "test")
        self.refuse_unfit(data, *(("test",) if stage == "test" else ("val", "test")))

    def refuse_unfit(self, data: pl.LightningDataModule | None, *splits: Literal["val", "test"]) -> None:
        """
        Raises:
            UserError: the protocol fits the task or the data not.
        """
        if self.protocol is None:
            return
        if unknown := [name for name in self.protocol.case.conditions if name not in self.case_conditions]:
            raise UserError(
                f"protocol {self.protocol.name}: its cases set {', '.join(unknown)}, which this task does not know; it "
                f"knows {', '.join(self.case_conditions) or 'none'}; choose another protocol"
            )
        self.protocol.refuse_other_scale(self.degradation)
        self.refuse_small(data, *splits)
        if isinstance(data, DataModule):
            self._refuse_unfed(data, splits)

    def _refuse_unfed(self, data: DataModule, splits: Sequence[Literal["val", "test"]]) -> None:
        """
        Raises:
            UserError: a metric, or a baseline that would be scored, asks for what is not there.
        """
        assert self.protocol is not None, "something is scored"
        asked = {f"protocol {self.protocol.name}: the metric {n}": m.asked for n, m in self.protocol.metrics.items()}
        if "test" in splits:
            asked |= {f"The baseline {name}": asked_by(make) for name, make in self.chosen_baselines().items()}
        if (blank := data.blank()) is None:  # told of the first clip
            return
        last = blank.frames.shape[1] - 1
        blank = self.protocol.case.applied(blank.of_frames([min(i, last) for i in range(max(self.fewest, last + 1))]))
        there: set[str] = set()
        for look in (  # the cheapest first
            lambda: {*OWN, *named_in(blank), *data.scored_conditions},
            lambda: self.scored_names(blank),
            lambda: _named_in_first(data.evaluated(splits[-1])),
        ):
            there |= set(look())
            if not any(one.absent(there) for one in asked.values()):
                return
        for asker, one in asked.items():
            one.refuse_absent(there, asker)

    def scored_names(self, clip: Clip) -> Collection[str]:
        """Names of all that there is of a clip when it is scored; found by making something of it."""
        raise NotImplementedError

    def refuse_small(self, data: pl.LightningDataModule | None, *splits: Literal["val", "test"]) -> None:
        """
        Raises:
            UserError: a clip that would be scored is shorter or smaller than the protocol needs; the text names it.
        """
        if self.protocol is None or not isinstance(data, DataModule):
            return
        for name, size in _by_size(data, splits):
            try:
                if size.frames < self.fewest:
                    raise UserError(f"it has {size.frames} frames, and {self.fewest} are needed; leave it out")
                self.protocol.refuse_size(*size)
            except UserError as error:
                raise UserError(f"{name} would be scored: {error}") from error

    def ask(self, data: pl.LightningDataModule | None, with_baselines: bool = False) -> None:
        """Tells the data which frames are scored, and in which pieces clips can be."""
        if isinstance(data, DataModule):
            data.scored_frames = None if self.protocol is None else self.protocol.frames
            data.context = self.context(with_baselines)

    def context(self, with_baselines: bool) -> int | None:
        """Frames on either side with which pieces of clips can be scored; None where whole clips are needed, as here.

        A task that says so takes pieces in :meth:`play`; all that its clips hold goes along with the frames.
        """
        return None

    @property
    def fewest(self) -> int:
        """Frames without which nothing of a clip can be scored."""
        return 1

    @property
    def scored_degradations(self) -> list[Degradation]:
        """What degrades clips that are scored, in one case or another: the protocol's own where it has one."""
        pinned = [None] if self.protocol is None else [case.degradation for case in self.protocol.cases.values()]
        used = [self.degradation if own is None else own for own in pinned]
        return [degradation for degradation in used if degradation is not None]

    @property
    def degrading(self) -> Degradation:
        """What degrades clips now."""
        pinned = None if self.training or self.protocol is None else self.protocol.case.degradation
        degradation = self.degradation if pinned is None else pinned
        assert degradation is not None, "a task that degrades is given a degradation"
        return degradation

    @contextmanager
    def clocked(self, method: str, frames: int) -> Iterator[None]:
        """Notes the time that a method takes for so many frames."""
        _wait_for(self.device)
        started = time.perf_counter()
        yield
        _wait_for(self.device)
        self.seconds[method] += Mean(time.perf_counter() - started, frames)

    def play(self, clip: Clip, memory: Any) -> Step:
        """A step with a clip or a piece: ``real``, ``fake`` and what the generator has named are of the new frames.

        Args:
            clip: a batch of one; its pieces come one after the other.
            memory: the ``output.state`` of the piece before; None where a clip begins.
        """
        raise NotImplementedError

    def baselines(self) -> dict[str, Baseline]:
        """Classical methods, and controls that may use the real clip, by name."""
        return {}

    def chosen_baselines(self) -> dict[str, Baseline]:
        """Those of :attr:`compare_to`, in its order.

        Raises:
            UserError: the task has no baseline of a name.
        """
        known = self.baselines()
        chosen = known if self.compare_to is None else self.compare_to
        if unknown := [name for name in chosen if name not in known]:
            raise UserError(
                f"compare_to: there is no baseline {', '.join(unknown)} of this task; there are "
                f"{', '.join(known) or 'none'}."
            )
        return {name: known[name] for name in chosen}

    def presented(self, made: Tensor) -> Tensor:
        """What is scored and shown of one made clip (T, ...): pictures are saturated to [0, 1]."""
        return made.float().clamp(0, 1)

    def pictured(self, presented: Tensor) -> Tensor:
        """What is shown (T, C, H, W) in [0, 1] of what is scored; the same where that is pictures."""
        return presented

    def given(self, condition: Any) -> dict[str, Tensor]:
        """Clips (B, T, C, H, W) of what the generator was given, to be shown beside what it made."""
        return {}

    def _score(self, clip: Clip, with_baselines: bool) -> None:
        """Scores the next piece of a clip, which may be all of it, in each case of the protocol."""
        protocol = self.protocol
        if protocol is not None and clip.piece is None and protocol.frames is not None:
            clip = clip.between(0, protocol.frames)
        place = clip.place
        if place.first == 0:
            self._runs = {}
        for name, case in [("", None)] if protocol is None else protocol.cases.items():
            if protocol is not None and case is not None:
                protocol.case = case
            self._score_case(name, clip if case is None else case.applied(clip), with_baselines)
        if place.last == place.total:
            self._note(clip.names[0])

    def _score_case(self, case: str, clip: Clip, with_baselines: bool) -> None:
        run = self._runs.setdefault(case, _Run())
        step = self.play(clip, run.memory)
        run.memory = step.output.state
        pictures: dict[str, Tensor] = {}
        with torch.autocast(self.device.type, enabled=False):
            for method, output in self._outputs(step, with_baselines):
                frames = self.presented(output.fake[0])
                self._tally(run, method, frames, replace(step, output=output))
                if self.watchers:
                    pictures[method] = self.pictured(frames)
        if self.watchers:
            new = slice(None) if clip.piece is None else clip.piece.new
            given = {name: frames[0][new] for name, frames in self.given(step.condition).items()}
            for watch in self.watchers:
                watch(clip.names[0] + case, {**given, **pictures, "real": self.pictured(step.real[0])})

    def _outputs(self, step: Step, with_baselines: bool) -> Iterator[tuple[str, GeneratorOutput]]:
        yield MODEL, step.output
        for name, baseline in self.chosen_baselines().items() if with_baselines else ():
            with self.clocked(name, step.fake.shape[1]):
                output = made_by(name, baseline, step)
            yield name, output

    def _tally(self, run: _Run, method: str, frames: Tensor, step: Step) -> None:
        """Scores what a method made; what only others have is not asked of it."""
        if self.protocol is not None:
            known = _known(step, self.protocol.wanted)
            if method == MODEL:
                self.protocol.refuse_unknown(known)
            total = step.real.shape[1] if step.clip.piece is None else step.clip.piece.total
            tally = run.tallies.setdefault(method, self.protocol.tally(total))
            tally.add(frames, step.real[0].float(), known, step.clip.place.first)

    def _note(self, name: str) -> None:
        """Puts down the scores of a clip that has come to its end, a row a method."""
        for method in next(iter(self._runs.values())).tallies:
            row: Row = {"method": method, "clip": name}
            kept: Row = dict(row)
            for case, run in self._runs.items():
                tally = run.tallies[method]
                row |= {metric + case: score for metric, score in tally.scores().items()}
                kept |= {metric + case: part for metric, part in tally.kept().items()}
            self.rows.append(row)
            self._kept.append(kept)
        self._runs = {}

    def validation_step(self, batch: Clip, batch_idx: int) -> None:
        self._score(batch, with_baselines=False)

    def test_step(self, batch: Clip, batch_idx: int) -> None:
        self._score(batch, with_baselines=True)

    def _start(self) -> None:
        self.rows, self._kept = [], []
        self.seconds.clear()

    def _finish(self) -> None:
        self.rows = gathered(self.rows)
        if self.protocol is not None:
            add_bd_rates(self.rows, self.protocol)
        self.scores = mean_scores(self.rows)
        kept, self._kept = gathered(self._kept), []
        for method, scores in self.scores.items():
            assert self.protocol is not None, "there are rows"
            scores |= self.protocol.combine([row for row in kept if row["method"] == method])

    def on_validation_epoch_start(self) -> None:
        self._start()

    def on_test_epoch_start(self) -> None:
        self._start()

    def on_validation_epoch_end(self) -> None:
        self._finish()
        row = {f"val/{name}": value for name, value in self.scores.get(MODEL, {}).items()}
        for logger in self.trainer.loggers:
            logger.log_metrics(row, step=self.trainer.global_step)

    def on_test_epoch_end(self) -> None:
        self._finish()
        if self.seconds and self.trainer.is_global_zero:
            print(f"seconds a frame: {', '.join(f'{name} {mean.value:.3f}' for name, mean in self.seconds.items())}")
        clips = len({row["clip"] for row in self.rows})
        for name, without in uncounted(self.rows).items():
            if without and self.trainer.is_global_zero:
                logger.warning(
                    "%s is no number for %d of %d clips, which its means leave out", name, len(without), clips
                )
