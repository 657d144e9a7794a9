"""Ends a training whose validations do not promise enough, by a decision that all ranks share."""

from collections.abc import Callable

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from vidgan.engine.monitoring import agreed
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import ScoredModule

#: Told the iteration and the scores of each validation; answers whether to stop. Asked on rank 0 alone.
Judge = Callable[[int, dict[str, float]], bool]


class TrainingPruned(Exception):
    """Training was given up after a validation."""

    def __init__(self, iteration: int) -> None:
        super().__init__(f"Pruned at iteration {iteration}: other trials were better by then.")
        self.iteration = iteration


class Pruning(Callback):
    """Asks the judge after every validation but the last.

    Raises:
        TrainingPruned: on every rank.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        iteration = trainer.global_step
        if trainer.state.fn != "fit" or iteration == trainer.max_steps:
            return
        assert isinstance(pl_module, ScoredModule)
        stop = trainer.is_global_zero and self._judge(iteration, pl_module.scores.get(MODEL, {}))
        if not agreed(torch.tensor(not stop, device=pl_module.device)):
            raise TrainingPruned(iteration)
