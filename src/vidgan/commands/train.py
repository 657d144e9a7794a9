"""``vidgan-train``: trains an experiment, resumes it, or returns its recorded result; ``-m`` sweeps."""

import sys

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from vidgan.commands.hydra_command import command
from vidgan.config.schema import PreflightMode
from vidgan.streams import outlive_readers


def _work(config: DictConfig) -> None:
    if config.preflight is PreflightMode.only:
        from vidgan.launch.sweep import Point, launch

        launch([Point(tuple(HydraConfig.get().overrides.task), config)])
        return
    if config.machine.slurm is not None:
        from vidgan.launch.sweep import Point, submit

        sys.exit(submit(Point(tuple(HydraConfig.get().overrides.task), config)))
    from vidgan.experiment.training import train  # imports torch and Lightning: not for --help

    train(config)


def main() -> None:
    outlive_readers()
    command("train", _work)


if __name__ == "__main__":
    main()
