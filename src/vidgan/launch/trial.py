"""A study of Optuna: where it is kept, and what a trial's process tells it."""

import logging
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from vidgan.errors import UserError

log = logging.getLogger(__name__)

_LOCK_SECONDS = 5  # after which the lock of a killed process is taken from it; a write takes milliseconds
PRUNERS = {
    "median": optuna.pruners.MedianPruner,
    "percentile": optuna.pruners.PercentilePruner,
    "halving": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "patient": optuna.pruners.PatientPruner,
    "threshold": optuna.pruners.ThresholdPruner,
}


def open_storage(where: str) -> BaseStorage:
    """A database's URL, or the path of a journal, which needs no server and no database.

    Raises:
        UserError: there is no such database, or it is damaged.
    """
    try:
        if "://" in where:
            return RDBStorage(where)
        return JournalStorage(JournalFileBackend(where, JournalFileOpenLock(where, grace_period=_LOCK_SECONDS)))
    except Exception as error:  # whatever the database's driver raises
        reason = " ".join(str(error).split())
        raise UserError(f"hydra.sweeper.storage={where} cannot be opened ({reason}).") from error


def chosen(kind: str, known: dict[str, Any], name: str, options: dict[str, Any]) -> Any:
    """An object of Optuna by our name for it.

    Args:
        kind: ``sampler`` or ``pruner``.
        known: classes by name.
        name: which.
        options: arguments of the class.

    Raises:
        UserError: there is none of that name, or it refuses its arguments.
    """
    if name not in known:
        raise UserError(f"hydra.sweeper.{kind}={name}: there is no such {kind}; there are {', '.join(known)}.")
    try:
        return known[name](**options)
    except (TypeError, ValueError) as error:
        raise UserError(f"hydra.sweeper.{kind}_options: {error}.") from error


class TrialJudge:
    """Reports a trial's validations to its study and asks whether to go on; see :class:`vidgan.engine.pruning.Pruning`.

    A study that cannot be reached prunes nothing: the training is worth more than its pruning.

    Args:
        storage: of the study; see :func:`open_storage`.
        study: its name.
        number: of the trial.
        objective: the metric that is reported.
        pruner: its name.
        options: the pruner's.
    """

    def __init__(
        self, storage: str, study: str, number: int, objective: str, pruner: str, options: dict[str, Any]
    ) -> None:
        self.storage, self.study, self.number = storage, study, number
        self.objective, self.pruner = objective, chosen("pruner", PRUNERS, pruner, options)

    def __call__(self, iteration: int, scores: dict[str, float]) -> bool:
        try:
            # The sampler is not asked anything here; the default one would read the whole study.
            study = optuna.load_study(
                study_name=self.study,
                storage=open_storage(self.storage),
                sampler=optuna.samplers.RandomSampler(),
                pruner=self.pruner,
            )
            trial = optuna.Trial(study, study.trials[self.number]._trial_id)
            trial.report(scores[self.objective], iteration)
            return trial.should_prune()
        except Exception:  # whatever a database raises
            log.warning("The study %s cannot be reached; this validation is not reported.", self.study, exc_info=True)
            return False
