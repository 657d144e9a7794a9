"""What Hydra must know before it composes a configuration."""

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from vidgan.experiment.places import ROOT
from vidgan.experiment.schema import ROOTS


def register() -> None:
    """Makes the schemas and the ``vidgan.root`` resolver known to Hydra."""
    OmegaConf.register_new_resolver("vidgan.root", lambda: str(ROOT), replace=True)
    for name, schema in ROOTS.items():
        ConfigStore.instance().store(name=f"{name}_schema", node=schema)
