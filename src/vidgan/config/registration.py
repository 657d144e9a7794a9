"""What Hydra must know before it composes a configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import Field, fields
from fractions import Fraction
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from vidgan.config.command_schemas import ROOTS, with_options
from vidgan.config.paths import ROOT


def register() -> None:
    """Makes the schemas and vidgan's resolvers known to Hydra.

    ``${vidgan.root:}`` is the folder of :mod:`vidgan.config.paths`, ``${vidgan.share:4/5,${engine.iterations}}`` a
    part of a training of any length, rounded down.
    """
    OmegaConf.register_new_resolver("vidgan.root", lambda: str(ROOT), replace=True)
    OmegaConf.register_new_resolver("vidgan.share", lambda part, whole: int(Fraction(part) * whole), replace=True)
    for name, schema in ROOTS.items():
        ConfigStore.instance().store(name=f"{name}_schema", node=schema)
    chosen = [{part.metadata["group"]: part.metadata["option"]} for part in fields(ROOTS["predict"]) if _has(part)]
    ConfigStore.instance().store(name="predict_options", node={"defaults": chosen})


def _has(part: "Field[Any]") -> bool:
    """Whether a field is an option of a group that a command chooses."""
    return part.metadata.get("option") is not None


@contextmanager
def asking_for(options: type) -> Iterator[None]:
    """Inside, ``vidgan-predict`` has the options of a task."""
    before, ROOTS["predict"] = ROOTS["predict"], with_options(options)
    register()
    try:
        yield
    finally:
        ROOTS["predict"] = before
        register()
