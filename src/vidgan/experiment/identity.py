"""What a run is: the hash of the configuration that defines its result, and the fingerprint of the code."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vidgan.experiment.folder import RunFolder, choose_folder
from vidgan.experiment.schema import MACHINE_HALF

_DIGITS = 8


def halves(config: DictConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """The resolved experiment half and machine half of a root configuration."""
    whole = OmegaConf.to_container(config, resolve=True, throw_on_missing=True, enum_to_str=True)
    assert isinstance(whole, dict)
    experiment = {str(key): value for key, value in whole.items() if key not in MACHINE_HALF}
    return experiment, {key: whole[key] for key in MACHINE_HALF if key in whole}


def definition(config: DictConfig) -> dict[str, Any]:
    """The experiment half with this machine's folders left as names, so that it reads the same on every machine."""
    neutral = config.copy()
    OmegaConf.set_readonly(neutral, False)
    for name in neutral.paths:
        neutral.paths[name] = f"<paths.{name}>"
    return halves(neutral)[0]


def run_id(config: DictConfig) -> str:
    """A readable name and the hash of the definition, e.g. ``quickstart-1a2b3c4d``."""
    canonical = json.dumps(definition(config), sort_keys=True, separators=(",", ":"))
    return f"{config.name}-{hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]}"


@cache
def code_fingerprint() -> str:
    """A hash of the package's sources."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def locate(config: DictConfig) -> tuple[RunFolder, str]:
    """The run folder of a root configuration, and one sentence that says why; see :func:`choose_folder`."""
    task = config.task._target_.split(".")[-2]
    return choose_folder(Path(config.paths.runs).resolve(), task, run_id(config), code_fingerprint(), config.fresh)
