"""What every command shares: its configuration, and how a user's mistake is told."""

import sys
from collections.abc import Callable
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from vidgan.errors import UserError
from vidgan.experiment.lint import refuse_missing
from vidgan.experiment.places import CONF, ROOT
from vidgan.experiment.schema import EvaluateConfig, PredictConfig, TrainConfig


def register() -> None:
    """Makes the schemas and the ``vidgan.root`` resolver known to Hydra."""
    OmegaConf.register_new_resolver("vidgan.root", lambda: str(ROOT), replace=True)
    store = ConfigStore.instance()
    for name, schema in (("train", TrainConfig), ("evaluate", EvaluateConfig), ("predict", PredictConfig)):
        store.store(name=f"{name}_schema", node=schema)


def command(name: str, work: Callable[[DictConfig], Any]) -> None:
    """Runs a command line: composes ``conf/<name>.yaml`` with its overrides and hands it to ``work``."""
    register()

    @hydra.main(config_path=str(CONF), config_name=name, version_base="1.3")
    def entry(config: DictConfig) -> None:
        try:
            refuse_missing(config)
            work(config)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(1)

    entry()
