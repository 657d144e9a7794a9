"""One count of iterations in Lightning, whatever number of optimizers.

Lightning counts every optimizer's step (PL#17958) and resumes by counting the batches of an epoch. Here an iteration is
a batch that was trained on, and a resumed run begins a shorter epoch at the iteration that its checkpoint names. The
private attributes of Lightning's loops that this needs are touched in this file and nowhere else.
"""

from typing import Any

import pytorch_lightning as pl


def mute_optimizers(trainer: pl.Trainer) -> None:
    """Keeps optimizers from counting their steps; to be called at the start of every training step."""
    for optimizer in trainer.strategy._lightning_optimizers:
        optimizer._on_before_step = optimizer._on_after_step = _nothing


def count_iteration(trainer: pl.Trainer) -> None:
    """Advances ``trainer.global_step`` by one."""
    progress = trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
    progress.increment_ready()
    progress.increment_completed()


def count_from(trainer: pl.Trainer, iteration: int) -> None:
    """Makes ``iteration`` the number of iterations done."""
    loop: Any = trainer.fit_loop.epoch_loop
    steps, batches = loop.manual_optimization.optim_step_progress.total, loop.batch_progress.total
    steps.ready = steps.completed = iteration
    batches.ready = batches.started = batches.processed = batches.completed = iteration
    loop._batches_that_stepped = iteration


def forget_loops(checkpoint: dict[str, Any]) -> None:
    """Takes the loops' own progress out of a checkpoint; its ``global_step`` says all."""
    checkpoint.pop("loops", None)


def _nothing() -> None:
    """Stands in for Lightning's step counter."""
