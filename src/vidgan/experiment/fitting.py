"""A run in Lightning's hands: what trains it, what records it, and its test at the end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import Callback

from vidgan.config.callbacks import Extras
from vidgan.data.datamodule import DataModule, KilledWorkerError, killed_workers_told
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.checkpoints import HIGHER, Checkpoints, TrainingInterrupted
from vidgan.engine.diagnosis import idle_players, refuse_divergence
from vidgan.engine.progress import IterationBar
from vidgan.engine.score_rows import MODEL
from vidgan.experiment import knowledge
from vidgan.experiment.build import build_data, build_task, build_trainer, warm_starts
from vidgan.experiment.debug import trainer_arguments
from vidgan.experiment.rank_rendezvous import is_first
from vidgan.experiment.report import Showcase, described, flat_scores, show_data
from vidgan.experiment.resource_usage import ResourceUsage
from vidgan.experiment.resumption import Start, start_of
from vidgan.interruption import requests
from vidgan.protocols.protocol import Protocol
from vidgan.record import provenance
from vidgan.record.folder import RunFolder
from vidgan.record.tables import TABLES, Table
from vidgan.tracking.csv_logger import CsvLogger, RunRecorder
from vidgan.tracking.layout import run_arguments
from vidgan.tracking.wandb_tracker import WandbTracker, tracked
from vidgan.weights import load_weights


def fit(config: DictConfig, folder: RunFolder, extras: Extras, watchers: Sequence[Callback] = ()) -> None:
    """Trains a run, tests it and records both in its folder.

    Args:
        config: the root.
        folder: of the run; its configuration and summary are written.
        extras: the configuration's own callbacks and loggers.
        watchers: further callbacks.

    Raises:
        UserError: the training has failed; or ended, as its losses were no numbers.
    """
    start = start_of(config, folder)
    task, data = _task_and_data(config)
    csv = CsvLogger(folder.path / "metrics.csv")
    tracker = None
    if config.tracking.mode != "disabled":
        tracker = WandbTracker(run_arguments(config, folder), config.tracking)
    recorder = RunRecorder(folder, csv.table, Table(folder.path / "per_clip.csv"), tracker)
    callbacks = [
        recorder,
        _showcase(folder, task, tracker),
        ResourceUsage(folder),
        *watchers,
        *extras.callbacks,
        _checkpoints(
            config, folder, task.protocol, recorder.remember
        ),  # after those that record: what it is past is never done again
        *([IterationBar()] if config.machine.progress else []),
    ]
    loggers = [csv, *([tracker] if tracker is not None else []), *extras.loggers]
    trainer = _trainer(config, folder, start.precision, callbacks, loggers)
    with tracked(tracker), _lost_workers_told():
        _train(config, folder, task, data, trainer, start)
        _test(folder, task, data, trainer)
        if tracker is not None and trainer.is_global_zero:
            _publish(tracker, folder, config.tracking.upload_weights)


def _task_and_data(config: DictConfig) -> tuple[AdversarialTask, pl.LightningDataModule]:
    task, data = build_task(config), build_data(config.data, config.machine, config.paths)
    if isinstance(data, DataModule):
        data.overfit = config.debug.overfit
    if is_first():
        task.ask(data)
        show_data(data)
    return task, data


def _showcase(folder: RunFolder, task: AdversarialTask, tracker: WandbTracker | None) -> Showcase:
    showcase = Showcase(folder.samples, task.shown, tracker)
    task.watchers.append(showcase.watch)
    return showcase


def _checkpoints(
    config: DictConfig, folder: RunFolder, protocol: Protocol | None, on_write: Callable[[int], None]
) -> Checkpoints:
    keep, monitor = config.machine.checkpoint, config.validation.monitor
    directions = protocol.directions if protocol is not None else {}
    return Checkpoints(
        folder.checkpoints,
        keep.every,
        keep.minutes,
        monitor,
        directions.get(monitor, HIGHER),
        on_write,
    )


def _trainer(
    config: DictConfig,
    folder: RunFolder,
    precision: str,
    callbacks: list[Callback],
    loggers: list[pl.loggers.Logger],
) -> pl.Trainer:
    every = config.validation.every
    return build_trainer(
        cast(DictConfig, OmegaConf.merge(config.machine, {"precision": precision})),
        callbacks,
        loggers,
        max_steps=config.engine.iterations,
        max_epochs=-1,
        check_val_every_n_epoch=None,
        val_check_interval=every or config.engine.iterations,
        default_root_dir=folder.path,
        **{"limit_val_batches": None if every else 0, **trainer_arguments(config, folder)},
    )


def _train(
    config: DictConfig,
    folder: RunFolder,
    task: AdversarialTask,
    data: pl.LightningDataModule,
    trainer: pl.Trainer,
    start: Start,
) -> None:
    if start.checkpoint is None:
        for network, path in warm_starts(config):
            load_weights(task.networks.get_submodule(network), Path(path))
    if trainer.is_global_zero:
        provenance.record(config, folder, start.iteration, str(trainer.precision))
        knowledge.keep(folder, data)
    trainer.fit(task, datamodule=data, ckpt_path=start.checkpoint, weights_only=True)


@contextmanager
def _lost_workers_told() -> Iterator[None]:
    """A signal reaches the loader's workers as well, and one that starts cannot yet know that it is not meant."""
    try:
        with killed_workers_told():
            yield
    except KilledWorkerError:
        if requests.number is None:
            raise
        where = "while a loader worker was starting, which has heard it, too; the last checkpoint stands"
        raise TrainingInterrupted(requests.number, where) from None


def _test(folder: RunFolder, task: AdversarialTask, data: pl.LightningDataModule, trainer: pl.Trainer) -> None:
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


def _publish(tracker: WandbTracker, folder: RunFolder, with_weights: bool) -> None:
    tracker.summarize(flat_scores(folder.summary["metrics"], folder.summary["baselines"]))
    tracker.keep_results(folder.path)
    if with_weights:
        tracker.log_weights(folder.checkpoints)
