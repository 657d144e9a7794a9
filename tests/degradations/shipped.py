"""The degradations that can be chosen."""

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from vidgan.config.paths import CONF
from vidgan.degradations.base import Degradation

NAMES = sorted(path.stem for path in (CONF / "degradations").glob("*.yaml"))


def shipped(name: str) -> Degradation:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return instantiate(compose(overrides=[f"+degradations@option={name}"]).option)
