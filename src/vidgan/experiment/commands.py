"""What every command shares: its configuration, and how a user's mistake is told."""

import signal
import sys
from collections.abc import Callable
from string import Template
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from vidgan.errors import UserError
from vidgan.experiment.invocation import note
from vidgan.experiment.lint import refuse_missing
from vidgan.experiment.places import CONF, ROOT
from vidgan.experiment.schema import (
    AnimateConfig,
    DataSetsConfig,
    EvaluateConfig,
    ExportConfig,
    PoseConfig,
    PredictConfig,
    TrainConfig,
)


def register() -> None:
    """Makes the schemas and the ``vidgan.root`` resolver known to Hydra."""
    OmegaConf.register_new_resolver("vidgan.root", lambda: str(ROOT), replace=True)
    store = ConfigStore.instance()
    schemas = {
        "train": TrainConfig,
        "evaluate": EvaluateConfig,
        "predict": PredictConfig,
        "export": ExportConfig,
        "data_sets": DataSetsConfig,
        "pose": PoseConfig,
        "animate": AnimateConfig,
    }
    for name, schema in schemas.items():
        store.store(name=f"{name}_schema", node=schema)


def help_text(name: str, overrides: list[str]) -> str:
    """What ``--help`` prints: ``hydra.help.template`` of ``conf/<name>.yaml``, filled in.

    Own code because Hydra composes the configuration anew for each of its groups, also where none is shown; that takes
    seconds on a slow machine.
    """
    template = Template(OmegaConf.load(CONF / f"{name}.yaml").hydra.help.template)
    shown = {}
    if "$APP_CONFIG_GROUPS" in template.template:
        shown["APP_CONFIG_GROUPS"] = _groups()
    if "$CONFIG" in template.template:
        with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
            shown["CONFIG"] = OmegaConf.to_yaml(hydra.compose(name, overrides))
    return template.safe_substitute(shown)


def _groups() -> str:
    """A line for each folder of ``conf/``: its name and its files."""
    options: dict[str, list[str]] = {}
    for path in sorted(CONF.glob("*/**/*.yaml")):
        options.setdefault(path.parent.relative_to(CONF).as_posix(), []).append(path.stem)
    return "\n".join(f"{group}: {', '.join(names)}" for group, names in options.items())


def command(name: str, work: Callable[[DictConfig], Any]) -> None:
    """Runs a command line: composes ``conf/<name>.yaml`` with its overrides and hands it to ``work``."""
    register()
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(help_text(name, [argument for argument in sys.argv[1:] if not argument.startswith("-")]))
        return

    @hydra.main(config_path=str(CONF), config_name=name, version_base="1.3")
    def entry(config: DictConfig) -> None:
        try:
            refuse_missing(config)
            note(sys.argv, HydraConfig.get().overrides.task)
            work(config)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)

    entry()
