"""What configuration files of one's own may say to Hydra itself: how to sweep, and nothing that runs or writes.

Hydra calls what its own configuration names, as in ``hydra.callbacks``, before a command sees any of it.
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import OmegaConf

from vidgan.config.instantiate import TARGET, targets
from vidgan.config.options import first_in
from vidgan.config.paths import CONF
from vidgan.errors import UserError

_FREE = ("sweeper", "launcher", "mode")  # what a file may set
_FOLLOWS = ("runtime", "overrides", "job")  # says what was chosen; of the job these do not:
_JOB = ("chdir", "env_set", "env_copy", "config")
_PLUGINS = ("hydra_plugins.", "hydra._internal.core_plugins.")


def refuse_steering(name: str, given: Namespace) -> None:
    """Refuses what the user's files, see :func:`first_in`, may not say to Hydra.

    Args:
        name: of the command's configuration.
        given: its command line, as Hydra reads it; what is said to Hydra there is the user's own word.

    Raises:
        UserError: a file sets a key of Hydra's that it may not.
    """
    mode = RunMode.MULTIRUN if given.multirun else RunMode.RUN
    found = _of_hydra(name, given.overrides, mode)
    said = [override for override in given.overrides if override.lstrip("+~").startswith("hydra")]
    with first_in(()):
        expected = _of_hydra(name, said, mode)
    steered = [*_differing(found, expected, "hydra"), *_other_plugins(found)]
    if steered:
        raise UserError(
            f"{steered[0]} is set by a file of yours: what Hydra itself does, sweeping aside, is said on the command "
            f"line alone; take it out of the file."
        )


def _of_hydra(name: str, overrides: Sequence[str], mode: RunMode) -> dict[str, Any]:
    """Hydra's part of a configuration, as it would be used."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = GlobalHydra.instance().config_loader().load_configuration(name, list(overrides), mode)
    found: Any = OmegaConf.to_container(config.hydra, resolve=False)
    job = {key: found["job"].get(key) for key in _JOB}
    return {**{key: value for key, value in found.items() if key not in _FOLLOWS}, "job": job}


def _differing(found: Any, expected: Any, key: str) -> Iterator[str]:
    """The keys that are not as expected, those that a file may set aside."""
    if not (isinstance(found, dict) and isinstance(expected, dict)):
        yield from [key] if found != expected else []
        return
    for name in {**expected, **found}:
        if key != "hydra" or name not in _FREE:
            yield from _differing(found.get(name), expected.get(name), f"{key}.{name}")


def _other_plugins(found: dict[str, Any]) -> Iterator[str]:
    for key, node in targets(found, "hydra"):
        if not str(node[TARGET]).startswith(_PLUGINS):
            yield f"{key}.{TARGET}"
