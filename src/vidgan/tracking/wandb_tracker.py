"""W&B beside a run's own tables: it may fail in any way without harm to the training.

Own code because Lightning's WandbLogger counts steps its own way, selects offline by a process-wide variable and does
not survive a server that does not answer.
"""

import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from vidgan.engine.checkpoints import TrainingInterrupted
from vidgan.engine.pruning import TrainingPruned
from vidgan.tracking.layout import kept_inside, under_agent
from vidgan.tracking.wandb_service import release_service, start_service

log = logging.getLogger(__name__)

#: What W&B keeps of a run folder beside its own log; a comparison reads them.
RESULT_FILES = ("summary.json", "per_clip.csv")

#: Rows that are sent again when W&B's own process has died: it does not tell which of the last it has written.
_REPLAYED = 20


class _Terminal:
    """Hears what W&B would print: data that did not arrive is told once with the remedy, other warnings as they are."""

    def __init__(self, lost: Callable[[str], None]) -> None:
        self._lost = lost

    def info(self, text: str) -> None:
        """Progress and greetings."""

    def warning(self, text: str) -> None:
        if "wandb sync" in text or "Timed out" in text:
            self._lost("the server does not take the data")
        elif "wandb.save" not in text:  # what it says of copies, which are meant to be copies
            log.warning("W&B: %s", text)

    error = warning


class WandbTracker(Logger):
    """A W&B run with the run folder's id, logged against our own iteration.

    Whatever W&B raises is told once, with the remedy, and ends at the caller's door: a run that cannot start online
    starts offline, one that breaks in the middle goes on in a new offline fragment of the same id.

    Args:
        arguments: of ``wandb.init``, from :func:`vidgan.tracking.layout.run_arguments`.
        tracking: the configuration's node.
    """

    name = "wandb"
    version = None

    def __init__(self, arguments: dict[str, Any], tracking: DictConfig) -> None:
        super().__init__()
        self._arguments = arguments
        self._folder = Path(arguments["dir"])
        self._tracking = tracking
        self._mode = "online" if under_agent() and tracking.mode == "offline" else tracking.mode
        self._known: set[str] = set()
        self._run: Any = None
        self._told = self._fell_back = False
        self._recent: deque[Callable[[Any], None]] = deque(maxlen=_REPLAYED)

    # From start to finish

    @rank_zero_only
    def start(self) -> None:
        """Starts the run, offline where it cannot be online."""
        asked = os.environ.get("WANDB_MODE", self._mode)
        if asked != self._mode:
            log.warning("WANDB_MODE=%s is not heeded: tracking.mode decides, and it is %s.", asked, self._mode)
        try:
            self._begin(self._mode)
        except Exception as error:  # of any kind: no logging is worth a training
            self._fall_back(error)

    def _begin(self, mode: Any) -> None:
        import wandb

        settings = wandb.Settings(
            silent=True,
            init_timeout=self._tracking.init_timeout,
            finish_timeout=self._tracking.finish_timeout,
            finish_timeout_raises=True,
            console="off" if sys.stdout.isatty() else "auto",  # a terminal's progress bars would fill the log
            symlink=False,  # an offline log is whole wherever it is copied to
            x_transaction_log_flush_interval=1.0,  # seconds of the local log that kill -9 can take; W&B's own is 15
        )
        with kept_inside(self._folder):
            start_service(_Terminal(self._lost))
            self._run = wandb.init(mode=mode, settings=settings, **self._arguments)
        _forget_import_hooks_in_forks()
        self._run.define_metric("iteration")
        self._known = set()

    def _fall_back(self, error: Exception) -> None:
        """Goes on offline, or without W&B where even that fails."""
        self._lost(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}")
        self._run, self._fell_back = None, True
        try:
            release_service()  # the id, which is needed again
            self._begin("offline")
        except Exception as again:
            self._run = None
            log.warning("W&B cannot log offline either (%s); the run goes on without it.", again)

    def _lost(self, reason: str) -> None:
        if not self._told:
            self._told = True
            log.warning(
                "W&B has failed (%s); the training goes on and the run folder has everything, so upload it later with "
                "`vidgan-runs sync %s`.",
                reason,
                self._folder,
            )

    def _attempt(self, action: Callable[[Any], None]) -> None:
        """Does something with the run; if that fails, goes on in a new offline fragment, with what came just before."""
        if self._run is None:
            return
        self._recent.append(action)
        try:
            action(self._run)
        except Exception as error:
            if self._fell_back:
                self._lost(str(error))
                return
            self._fall_back(error)
            for again in list(self._recent):
                self._attempt(again)

    @rank_zero_only
    def finish(self, exit_code: int, resumable: bool = False) -> None:
        """Ends the run.

        Args:
            exit_code: the process's own: 0 finished, 1 failed, 128 + the number of the signal that stopped it.
            resumable: marks the run as preempted.
        """

        def end(run: Any) -> None:
            if resumable:
                run.mark_preempting()
            try:
                run.finish(exit_code=exit_code)
            except TimeoutError as error:  # of the upload; the local log is whole
                self._lost(str(error))

        self._attempt(end)  # the first to tell that W&B's own process has died may be this
        if self._run is not None:
            self._run = None
            release_service()

    # What is logged

    def _define(self, run: Any, names: Mapping[str, Any], summary: str | None) -> None:
        """By exact name: W&B applies only one of several patterns, and not always the same."""
        for name in names.keys() - self._known:
            run.define_metric(name, step_metric="iteration", summary=summary)
            self._known.add(name)

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        def send(run: Any) -> None:
            self._define(run, metrics, "min,max,last")
            run.log({"iteration": step, **metrics})  # without step=: a resumed run writes some iterations again

        self._attempt(send)

    @rank_zero_only
    def log_media(self, files: Mapping[str, Path], step: int) -> None:
        """Pictures and H.264 videos that are already files, all in one row."""
        import wandb

        def send(run: Any) -> None:
            self._define(run, files, None)
            made = {
                name: wandb.Video(str(path)) if path.suffix == ".mp4" else wandb.Image(str(path))
                for name, path in files.items()
            }
            run.log({"iteration": step, **made})

        self._attempt(send)

    @rank_zero_only
    def summarize(self, values: Mapping[str, Any]) -> None:
        """Values of the whole run, e.g. its test scores."""
        self._attempt(lambda run: run.summary.update(dict(values)))

    @rank_zero_only
    def keep_results(self, folder: Path) -> None:
        """Puts the files that a comparison reads among the run's own."""

        def send(run: Any) -> None:
            for name in RESULT_FILES:
                run.save(str(folder / name), base_path=str(folder), policy="now")

        self._attempt(send)

    @rank_zero_only
    def log_weights(self, checkpoints: Path) -> None:
        """The best and the last weights as artifacts; they are read where they lie, not copied."""
        import wandb

        def send(run: Any) -> None:
            for which in ("best", "last"):
                path = checkpoints / f"{which}.safetensors"
                if path.is_file():
                    artifact = wandb.Artifact(f"weights-{run.id}", type="model")
                    artifact.add_file(str(path), policy="immutable", skip_cache=True)
                    run.log_artifact(artifact, aliases=[which])

        with kept_inside(self._folder):
            self._attempt(send)

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """The configuration is given when the run starts."""


@cache
def _forget_import_hooks_in_forks() -> None:
    """Lets loader workers import: W&B is told of imports, but not from a fork, where its hook would raise."""
    from wandb.sdk.lib.import_hooks import unregister_all_post_import_hooks

    os.register_at_fork(after_in_child=unregister_all_post_import_hooks)


@contextmanager
def tracked(tracker: WandbTracker | None) -> Iterator[None]:
    """Starts a W&B run, if there is one to start, and ends it as the process ends, whatever happens."""
    if tracker is None:
        yield
        return
    exit_code, resumable = 1, False
    tracker.start()
    try:
        yield
        exit_code = 0
    except TrainingPruned:
        exit_code = 0
        raise
    except TrainingInterrupted as stop:
        exit_code, resumable = 128 + stop.number, stop.number != signal.SIGINT
        raise
    except KeyboardInterrupt:
        exit_code = 128 + signal.SIGINT
        raise
    finally:
        tracker.finish(exit_code, resumable)
