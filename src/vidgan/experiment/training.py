"""From a configuration to a finished run: never twice, resumed where it stopped, tested at its end."""

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import Callback

from vidgan.config.callbacks import Extras
from vidgan.config.recorded import sealed
from vidgan.engine.checkpoints import TrainingInterrupted
from vidgan.engine.pruning import TrainingPruned
from vidgan.errors import UserError, one_line
from vidgan.experiment.build import check
from vidgan.experiment.debug import debugged, debugging, emptied_folder
from vidgan.experiment.fitting import fit
from vidgan.experiment.preflight import Preflight
from vidgan.experiment.rank_rendezvous import appoint, appointed, is_first, restarted
from vidgan.experiment.report import flat_scores, show_result, show_start
from vidgan.experiment.resumption import start_of
from vidgan.metrics.direction import read
from vidgan.record.extension import base_of, take_over
from vidgan.record.file_fingerprint import looking_once
from vidgan.record.folder import ERROR, FAILED, FINISHED, PRUNED, RUNNING, RunFolder, write_atomically, write_json
from vidgan.record.identity import halves, locate, settle_extension
from vidgan.record.inputs import files_of
from vidgan.record.names import run_name
from vidgan.record.tables import Table, refuse_changed_tables
from vidgan.tracking.csv_logger import best_values
from vidgan.tracking.layout import run_arguments, under_agent
from vidgan.tracking.wandb_tracker import WandbTracker, tracked

#: Seconds that a launcher's job waits for the process of a killed launcher to write its checkpoint and end.
_PATIENCE = 60.0


@looking_once()
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
    patience, reason = _PATIENCE, ""
    if folder is None:
        patience, (folder, reason) = 0.0, _chosen(config)
    extras = Extras.of(config) if folder.summary.get("state") != FINISHED else None
    if reason:
        show_start(folder, reason)
    with appoint(folder):
        if extras is not None:
            with folder.locked(patience), _state_kept(folder), _disk_errors_told(folder):
                if reason:  # a launcher has done so before it started the first of several processes
                    (folder.path / ERROR).unlink(missing_ok=True)
                _prepare(config, folder)
                fit(config, folder, extras, watchers)
        elif under_agent():
            _tell_again(config, folder)
    show_result(folder)
    return folder


def _chosen(config: DictConfig) -> tuple[RunFolder, str]:
    """Where a run is to live, and why there, after a look at all that could end it before its first iteration."""
    if debugging(config):
        Preflight().examine(config)
        return emptied_folder(config)
    if restarted():  # what torchrun starts anew goes on with the revision that its first attempt has begun
        config.fresh = False
    folder, reason = locate(config)
    if folder.summary.get("state") != FINISHED:
        Preflight().examine(config)
        files_of(config)
        if folder.last_checkpoint is None:  # else its process may be about to replace it
            start_of(config, folder)
    return folder, reason


def _follow(config: DictConfig, folder: RunFolder, watchers: Sequence[Callback]) -> RunFolder:
    if folder.summary.get("state") != FINISHED:
        settle_extension(config)
        with suppress(TrainingInterrupted, TrainingPruned):  # rank 0 tells
            fit(config, folder, Extras.of(config), watchers)
    return folder


def _tell_again(config: DictConfig, folder: RunFolder) -> None:
    """Gives a W&B sweep, which has made a run of its own for this point, the recorded result."""
    tracker = WandbTracker(run_arguments(config, folder), config.tracking)
    summary = folder.summary
    refuse_changed_tables(folder)
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
    refuse_changed_tables(folder)
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
