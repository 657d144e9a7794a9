"""``hydra/sweeper=grid``, the default of ``-m``: every combination of the comma-separated values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from vidgan.errors import UserError


@dataclass
class GridConfig:
    """It has no options: the values are in the overrides."""

    _target_: str = "hydra_plugins.vidgan.grid.GridSweeper"


ConfigStore.instance().store(group="hydra/sweeper", name="grid", node=GridConfig, provider="vidgan")


class GridSweeper(Sweeper):
    """Hydra's basic sweeper without its second composition of every point and its folder of its own."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.loader = hydra_context.config_loader
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Sequence[Any]:
        overrides = OverridesParser.create(config_loader=self.loader).parse_overrides(arguments)
        for override in overrides:
            _refuse_unlistable(override)
        (points,) = BasicSweeper.split_arguments(overrides, max_batch_size=None)
        assert self.launcher is not None
        return self.launcher.launch(points, initial_job_idx=0)


def _refuse_unlistable(override: Override) -> None:
    """Refuses what a grid has no values for."""
    if override.is_interval_sweep():
        raise UserError(
            f"{override.input_line}: an interval is for hydra/sweeper=study; -m alone takes values with commas between "
            f"them, range() and glob()."
        )
    if override.is_sweep_override() and not list(override.sweep_iterator()):
        raise UserError(f"{override.input_line}: there are no such values, and nothing would be trained.")
