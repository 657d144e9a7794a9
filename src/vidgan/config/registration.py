"""What Hydra must know before it composes a configuration."""

from fractions import Fraction

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from vidgan.config.command_schemas import ROOTS
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
