"""``hydra/sweeper=study``: a sweep that Optuna steers (``pip install vidgan[sweep]``)."""

import sys
from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class StudyConfig:
    """The options.

    Attributes:
        study: name of the study and of its folder ``<paths.runs>/sweeps/<study>``; null is made of the experiment and
            the searched keys.
        trials: finished or pruned ones in all; a command that is run again goes on towards it. A grid runs all of it.
        objective: ``best/<metric>``, the best of the validations, which leaves the test clips for the final word;
            ``<metric>`` on the test clips; or a list of several.
        direction: ``maximize`` or ``minimize``, one for each objective; null asks the protocol.
        space: what is searched, beside what the command line says, e.g. ``{seed: "choice(0,1)"}``; null is nothing.
        sampler: tpe, random, grid, cmaes or nsga2.
        sampler_options: arguments of Optuna's class, e.g. ``{n_startup_trials: 5}``; null is none.
        pruner: median, percentile, halving, hyperband, patient or threshold; null prunes nothing. It is told every
            validation, so validation.every says how often.
        pruner_options: arguments of Optuna's class; null is none.
        storage: URL of a database; null is a journal in the study's folder.
        max_failures: failed trials in one command after which no further one starts.
        seed: of the sampler.
    """

    _target_: str = "hydra_plugins.vidgan.study.StudySweeper"
    study: str | None = None
    trials: int = 20
    objective: Any = "best/psnr"
    direction: Any = None
    space: Any = None
    sampler: str = "tpe"
    sampler_options: Any = None
    pruner: str | None = None
    pruner_options: Any = None
    storage: str | None = None
    max_failures: int = 5
    seed: int = 0


ConfigStore.instance().store(group="hydra/sweeper", name="study", node=StudyConfig, provider="vidgan")


class StudySweeper(Sweeper):
    """Hands the search to :mod:`vidgan.launch.study`."""

    def __init__(self, **options: Any) -> None:
        self.options = options

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.loader, self.config = hydra_context.config_loader, config

    def sweep(self, arguments: list[str]) -> None:
        """Runs the study.

        Raises:
            SystemExit: it failed or was stopped.
        """
        from vidgan.errors import UserError

        try:
            code = self._sweep(arguments)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            code = 1
        if code:
            sys.exit(code)

    def _sweep(self, arguments: list[str]) -> int:
        from vidgan.errors import UserError

        try:
            from vidgan.launch.space import overrides, read_space
            from vidgan.launch.study import StudySettings, StudySweep
        except ImportError as error:
            raise UserError(f"hydra/sweeper=study needs Optuna ({error}): pip install 'vidgan[sweep]'.") from error
        from vidgan.launch.sweep import Point

        assert self.config is not None
        config, options = self.config, self.options
        parser = OverridesParser.create(config_loader=self.loader)
        fixed, space = read_space(parser, arguments, options["space"] or {})

        def compose(values: dict[str, Any]) -> Point:
            return Point.compose([*fixed, *overrides(values)], lambda own: self.loader.load_sweep_config(config, own))

        settings = StudySettings(
            study=options["study"],
            trials=options["trials"],
            objectives=_tuple(options["objective"]),
            directions=None if options["direction"] is None else _tuple(options["direction"]),
            sampler=options["sampler"],
            sampler_options=dict(options["sampler_options"] or {}),
            pruner=options["pruner"],
            pruner_options=dict(options["pruner_options"] or {}),
            storage=options["storage"],
            max_failures=options["max_failures"],
            seed=options["seed"],
        )
        return StudySweep(settings, space, compose).run()


def _tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
