"""``hydra/launcher=vidgan``: each job of a sweep is a fresh process, or a task of a cluster."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class LauncherConfig:
    """It has no options: where jobs run is said in ``machine``."""

    _target_: str = "hydra_plugins.vidgan.launcher.VidganLauncher"


ConfigStore.instance().store(group="hydra/launcher", name="vidgan", node=LauncherConfig, provider="vidgan")


class VidganLauncher(Launcher):
    """Hands the points of a sweep to :mod:`vidgan.launch.sweep`."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.load = hydra_context.config_loader.load_sweep_config
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Runs all points.

        Raises:
            SystemExit: some failed.
        """
        from vidgan.errors import UserError
        from vidgan.launch.sweep import Point, launch

        points = [Point.compose(overrides, lambda own: self.load(self.config, own)) for overrides in job_overrides]
        try:
            code = launch(points)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            code = 1
        if code:
            sys.exit(code)
        return []
