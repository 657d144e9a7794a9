"""What a run is: the hash of the configuration that defines its result; and where it lives."""

import hashlib
import json
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vidgan.config.callbacks import changing_callbacks
from vidgan.config.defaults import without_defaults
from vidgan.config.schema import AUTO, MACHINE_HALF
from vidgan.errors import UserError
from vidgan.record.canonical_paths import with_one_name
from vidgan.record.extension import base_of, recorded_root, refuse_another_training
from vidgan.record.folder import RunFolder, choose_folder
from vidgan.record.inputs import changes
from vidgan.record.names import run_name, task_name

_DIGITS = 8


def halves(config: DictConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """The resolved experiment half and machine half of a root configuration.

    A precision that was chosen by hand is part of the experiment; ``auto`` leaves the choice to the machine.
    """
    whole = OmegaConf.to_container(config, resolve=True, throw_on_missing=True, enum_to_str=True)
    assert isinstance(whole, dict)
    experiment = {str(key): value for key, value in whole.items() if key not in MACHINE_HALF}
    machine = {key: whole[key] for key in MACHINE_HALF if key in whole}
    precision = machine.get("machine", {}).get("precision", AUTO)
    return experiment if precision == AUTO else {**experiment, "precision": precision}, machine


def definition(config: DictConfig) -> dict[str, Any]:
    """The experiment half with this machine's folders left as names, so that it reads the same on every machine."""
    neutral = config.copy()
    OmegaConf.set_readonly(neutral, False)
    for name in neutral.paths:
        neutral.paths[name] = f"<paths.{name}>"
    folders = {str(name): str(path) for name, path in config.paths.items()}
    return with_one_name(halves(neutral)[0], folders)


def run_id(config: DictConfig) -> str:
    """A readable name and the hash of the definition, e.g. ``quickstart-1a2b3c4d``.

    What is written in two ways is one: 1e-4 and 0.0001, 1 and 1.0, a default and its absence.
    """
    plain = _normal(definition(config))
    del plain["name"]
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return f"{run_name(config)}-{hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]}"


def _normal(definition: dict[str, Any]) -> dict[str, Any]:
    """A definition as all ways of writing it are."""
    plain = _whole(without_defaults(definition))
    if plain.get("extend") is None:
        plain.pop("extend", None)
    if not (changing := changing_callbacks(plain.pop("callbacks", {}))):
        return plain
    plain["callbacks"] = changing
    return plain


def _whole(value: Any) -> Any:
    """Plain containers with integers for floats that are."""
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def settle_extension(config: DictConfig) -> RunFolder | None:
    """The run that a root configuration extends, whose name is made its id there; None where it extends none.

    Of several runs of a name it is the newest of the same training and fewer iterations; so the extension itself, which
    has that name too, changes nothing.

    Raises:
        UserError: there is no such run, or it is another training.
    """
    now = _normal(definition(config))

    def refuse(run: RunFolder) -> None:
        refuse_another_training(run, _normal(definition(recorded_root(run, config.paths))), now)

    def fits(run: RunFolder) -> bool:
        with suppress(UserError):
            refuse(run)
            return True
        return False

    try:
        base = base_of(config, fits)
    except UserError:
        base = base_of(config)  # to say why it does not fit
    if base is not None:
        refuse(base)
        config.extend = base.id
    return base


def locate(config: DictConfig) -> tuple[RunFolder, str]:
    """The run folder of a root configuration, and one sentence that says why; see :func:`choose_folder`.

    Raises:
        UserError: the run to extend is none, or is another training.
    """
    base = settle_extension(config)
    task = task_name(config.task._target_)
    runs = Path(config.paths.runs).resolve()
    folder, reason = choose_folder(runs, task, run_id(config), partial(changes, config), config.fresh)
    if base and not folder.summary:
        reason += f" It goes on from iteration {base.summary['iteration']} of {base.id}."
        if changed := changes(config, base):
            reason += f" WARNING: changed since that finished: {changed}."
    return folder, reason
