"""From a configuration to a finished run: never twice, resumed where it stopped, tested at its end."""

import logging
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import Callback

from vidgan.data.datamodule import DataModule
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.checkpoints import BEST, HIGHER, Checkpoints, TrainingInterrupted, iteration_of
from vidgan.engine.diagnosis import idle_players, refuse_divergence
from vidgan.engine.hardware import can_compute
from vidgan.engine.progress import IterationBar
from vidgan.engine.pruning import TrainingPruned
from vidgan.engine.scoring import MODEL
from vidgan.errors import UserError, one_line
from vidgan.experiment import provenance
from vidgan.experiment.assemble import build_data, build_task, build_trainer, check, device_kind, warm_starts
from vidgan.experiment.debug import debugged, debugging, emptied_folder, trainer_arguments
from vidgan.experiment.extension import base_of, take_over
from vidgan.experiment.extras import own_callbacks, own_loggers
from vidgan.experiment.folder import FAILED, FINISHED, PRUNED, RUNNING, RunFolder, write_atomically, write_json
from vidgan.experiment.identity import halves, locate, settle_extension
from vidgan.experiment.names import run_name
from vidgan.experiment.preflight import Preflight
from vidgan.experiment.ranks import appoint, appointed, is_first, restarted
from vidgan.experiment.recorded import sealed
from vidgan.experiment.report import Showcase, described, flat_scores, show_data, show_result, show_start
from vidgan.experiment.schema import AUTO
from vidgan.experiment.tables import TABLES, Table
from vidgan.experiment.tracking import CsvTracker, RunRecorder, best_values
from vidgan.experiment.usage import Usage
from vidgan.experiment.wandb_layout import run_arguments, under_agent
from vidgan.experiment.wandb_tracker import WandbTracker, tracked
from vidgan.metrics.direction import read
from vidgan.metrics.protocol import Protocol
from vidgan.weights import load_weights

logger = logging.getLogger(__name__)

#: Seconds that a launcher's job waits for the process of a killed launcher to write its checkpoint and end.
_PATIENCE = 60.0


def train(config: DictConfig, folder: RunFolder | None = None, watchers: Sequence[Callback] = ()) -> RunFolder:
    """Trains, or resumes, or returns the recorded result of a configuration.

    Args:
        config: the root.
        folder: where a launcher has decided that the run lives; None looks for it.
        watchers: further callbacks of the trainer.

    Raises:
        UserError: the configuration, the data or the machine is at fault; nothing is lost.
        SystemExit: 128 + the signal's number when a signal stopped the training; its checkpoint is written.
    """
    if debugging(config):
        config = debugged(config)
    check(config)
    if not is_first():
        return _follow(config, folder or appointed(), watchers)
    patience = 0.0 if folder is None else _PATIENCE
    if folder is None and debugging(config):
        Preflight().examine(config)
        folder, reason = emptied_folder(config)
        show_start(folder, reason)
    elif folder is None:
        # What torchrun starts anew goes on with the revision that its first attempt has begun.
        if restarted():
            config.fresh = False
        folder, reason = locate(config)
        if folder.summary.get("state") != FINISHED:
            Preflight().examine(config)  # as each point of a sweep is, and before there is a folder
        show_start(folder, reason)
    with appoint(folder):
        if folder.summary.get("state") != FINISHED:
            with folder.locked(patience), _state_kept(folder), _disk_errors_told(folder):
                _prepare(config, folder)
                _fit(config, folder, watchers)
        elif under_agent():
            _tell_again(config, folder)
    show_result(folder)
    return folder


def _follow(config: DictConfig, folder: RunFolder, watchers: Sequence[Callback]) -> RunFolder:
    if folder.summary.get("state") != FINISHED:
        settle_extension(config)
        with suppress(TrainingInterrupted, TrainingPruned):  # rank 0 tells
            _fit(config, folder, watchers)
    return folder


def _tell_again(config: DictConfig, folder: RunFolder) -> None:
    """Gives a W&B sweep, which has made a run of its own for this point, the recorded result."""
    tracker = WandbTracker(run_arguments(config, folder), config.tracking)
    summary = folder.summary
    with tracked(tracker):
        tracker.summarize(best_values(Table(folder.path / "metrics.csv").rows(), read(summary)))
        tracker.summarize(flat_scores(summary["metrics"], summary["baselines"]))


@contextmanager
def _state_kept(folder: RunFolder) -> Iterator[None]:
    """Keeps the summary's state and seconds true, however the run ends."""
    started, before = time.monotonic(), folder.summary.get("seconds", 0.0)
    state, failure = FAILED, {}
    try:
        yield
        state = FINISHED
    except TrainingPruned as stop:
        state = PRUNED
        folder.update_summary(iteration=stop.iteration)
        print(f"\n{stop}")
    except TrainingInterrupted as stop:
        state = RUNNING
        print(f"\n{stop} Run the same command again to go on.")
        raise SystemExit(128 + stop.number) from None
    except (KeyboardInterrupt, SystemExit):  # Lightning makes the one the other while it tests
        state = RUNNING
        raise SystemExit(128 + signal.SIGINT) from None
    except Exception as error:
        failure = {"error": one_line(error)}
        raise
    finally:
        if folder.summary:
            seconds = round(before + time.monotonic() - started, 1)
            with suppress(UserError) if failure else nullcontext():  # a full disk has been told already
                folder.update_summary(state=state, seconds=seconds, **failure)


@contextmanager
def _disk_errors_told(folder: RunFolder) -> Iterator[None]:
    """Makes one sentence of what the system refuses."""
    try:
        yield
    except OSError as error:
        if not folder.path.is_dir():
            raise UserError(
                f"{folder.path} was removed while it was being trained; run the same command again to begin anew."
            ) from error
        raise UserError(
            f"{error.filename or folder.path}: {error.strerror or error}; free space or mend it, then run the same "
            f"command again to go on."
        ) from error


def _prepare(config: DictConfig, folder: RunFolder) -> None:
    for part in (folder.checkpoints, folder.samples):
        part.mkdir(parents=True, exist_ok=True)
    for name, half in zip(("config.yaml", "machine.yaml"), halves(config), strict=True):
        write_atomically(folder.path / name, sealed(OmegaConf.to_yaml(OmegaConf.create(half)), folder.id))
    summary = folder.summary or {"id": folder.id, "name": run_name(config), "iteration": 0, "seconds": 0.0}
    summary.pop("error", None)  # of an earlier attempt
    now = {"state": RUNNING, "group": config.tracking.group, "label": config.tracking.label}
    write_json(folder.path / "summary.json", {**summary, **now})
    base = base_of(config)
    if base is not None and folder.last_checkpoint is None:
        take_over(base, folder)


def _origin(config: DictConfig, folder: RunFolder) -> RunFolder:
    """The folder from whose last checkpoint a run goes on: its own, or first that of the run which it extends."""
    base = base_of(config)
    return folder if base is None or folder.last_checkpoint is not None else base


def kept_precision(machine: DictConfig, folder: RunFolder) -> str:
    """The precision of a run: the one it has been trained in so far where ``auto`` leaves the choice.

    Raises:
        UserError: this device cannot compute in it.
    """
    segments = folder.read("provenance.json").get("segments", [])
    if machine.precision != AUTO or folder.last_checkpoint is None or not segments:
        return machine.precision
    recorded = segments[-1]["precision"]
    device = device_kind(machine)
    if not can_compute(recorded, device):
        raise UserError(
            f"Run {folder.id} was begun in {recorded}, in which this machine's {device} cannot compute; go on where it "
            f"began, or start a run of its own by machine.precision=32-true."
        )
    return recorded


def _fit(config: DictConfig, folder: RunFolder, watchers: Sequence[Callback]) -> None:
    origin = _origin(config, folder)
    start = whole_checkpoint(origin, alone=origin is not folder)
    precision = kept_precision(config.machine, origin)
    task = build_task(config)
    data = build_data(config.data, config.machine, config.paths)
    if isinstance(data, DataModule):
        data.overfit = config.debug.overfit
    if is_first():
        task.ask(data)
        show_data(data)
    recorded = Table(folder.path / "per_clip.csv")
    csv = CsvTracker(folder.path / "metrics.csv")
    loggers: list[pl.loggers.Logger] = [csv]
    tracker = None
    if config.tracking.mode != "disabled":
        tracker = WandbTracker(run_arguments(config, folder), config.tracking)
        loggers.append(tracker)
    loggers += own_loggers(config)
    showcase = Showcase(folder.samples, task.shown, tracker)
    task.watchers.append(showcase.watch)
    callbacks: list[Callback] = [
        RunRecorder(csv.table, recorded, tracker),
        showcase,
        Usage(folder),
        *watchers,
        *own_callbacks(config),
        _checkpoints(config, folder, task.protocol),  # after those that record: what it is past is never done again
    ]
    if config.machine.progress:
        callbacks.append(IterationBar())
    every = config.validation.every
    trainer = build_trainer(
        OmegaConf.merge(config.machine, {"precision": precision}),  # type: ignore[arg-type]
        callbacks,
        loggers,
        max_steps=config.engine.iterations,
        max_epochs=-1,
        check_val_every_n_epoch=None,
        val_check_interval=every or config.engine.iterations,
        default_root_dir=folder.path,
        **{"limit_val_batches": None if every else 0, **trainer_arguments(config, folder)},
    )
    with tracked(tracker):
        _run(config, folder, task, data, trainer, start)
        if tracker is not None and trainer.is_global_zero:
            tracker.summarize(flat_scores(folder.summary["metrics"], folder.summary["baselines"]))
            tracker.keep_results(folder.path)
            if config.tracking.upload_weights:
                tracker.log_weights(folder.checkpoints)


def _run(
    config: DictConfig,
    folder: RunFolder,
    task: AdversarialTask,
    data: pl.LightningDataModule,
    trainer: pl.Trainer,
    start: tuple[Path | None, int],
) -> None:
    checkpoint, iteration = start
    if checkpoint is None:
        for network, path in warm_starts(config):
            load_weights(task.networks.get_submodule(network), Path(path))
    if trainer.is_global_zero:
        provenance.record(config, folder, iteration, str(trainer.precision))
    trainer.fit(task, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    iteration = trainer.global_step
    trainer.test(task, datamodule=data, verbose=False)
    if trainer.is_global_zero:
        scores = dict(task.scores)
        folder.update_summary(
            iteration=iteration,
            metrics=scores.pop(MODEL, {}),
            baselines=scores,
            tables={name: Table(folder.path / name).checksum for name in TABLES},
            **(described(task.protocol) if task.protocol is not None else {}),
            warnings=list(idle_players(task)),
        )
    refuse_divergence(task)


def whole_checkpoint(folder: RunFolder, alone: bool = False) -> tuple[Path | None, int]:
    """The checkpoint that a run goes on from, and its iteration: the last, or the best where the last is damaged.

    Args:
        folder: of the run.
        alone: only the last will do, as for a run that goes on from the end of another one.

    Raises:
        UserError: there is a last one, and neither can be used.
    """
    if folder.last_checkpoint is None:
        return None, 0
    try:
        return folder.last_checkpoint, iteration_of(folder.last_checkpoint)
    except UserError as error:
        fault = str(error)
    remedy = "put back a copy of it, or train the run anew with fresh=true"
    if alone:
        raise UserError(f"{fault}; {remedy}.")
    best = folder.checkpoints / BEST
    try:
        iteration = iteration_of(best)
    except UserError:
        raise UserError(f"{fault}, and there is no {BEST} to go back to; {remedy}.") from None
    logger.warning("%s; the run goes back to %s, iteration %d", fault, BEST, iteration)
    return best, iteration


def _checkpoints(config: DictConfig, folder: RunFolder, protocol: Protocol | None) -> Checkpoints:
    keep, monitor = config.machine.checkpoint, config.validation.monitor
    directions = protocol.directions if protocol is not None else {}
    return Checkpoints(
        folder.checkpoints,
        keep.every,
        keep.minutes,
        monitor,
        directions.get(monitor, HIGHER),
        on_write=lambda iteration: folder.update_summary(iteration=iteration),
    )
