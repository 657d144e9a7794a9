"""Overrides of a recorded experiment, as an evaluation takes them, and what the option of a task brings along."""

from collections.abc import Sequence

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vidgan.config.instantiate import TARGET
from vidgan.config.mistakes import beside_running_hydra
from vidgan.config.paths import CONF
from vidgan.config.registration import register
from vidgan.config.schema_check import suggestion
from vidgan.errors import UserError

_PARTS = ("task", "data", "degradation", "protocol")  # of an experiment, that define a score beside the weights


def task_defaults(name: str) -> DictConfig:
    """Task, degradation and protocol of an option of ``tasks``; nothing else of the configuration is filled in."""
    register()
    with beside_running_hydra(), initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["~experiments", f"+tasks={name}"])
    parts = {part: config[part] for part in ("task", "degradation", "protocol")}
    return OmegaConf.create(
        {part: None if node is None else OmegaConf.to_container(node, resolve=True) for part, node in parts.items()}
    )


def override(experiment: DictConfig, overrides: Sequence[str]) -> None:
    """Changes values of a recorded experiment; what is degraded is what clips that are scored are degraded by.

    Args:
        experiment: with task, data, degradation and protocol.
        overrides: of these, e.g. ``task.blind=true``, ``degradation.sigma=[15,15]``, ``protocol.crop=0``.

    Raises:
        UserError: one cannot be read, or there is no such key.
    """
    for text in overrides:
        try:
            parsed = OverridesParser.create().parse_override(text)
            key, value = parsed.key_or_group, parsed.value()
            changes = not (parsed.is_delete() or parsed.is_add() or parsed.is_sweep_override())
        except (HydraException, ValueError) as error:
            raise UserError(f"overrides: {text}: expected key=value, e.g. overrides=[task.blind=true].") from error
        if not changes or "." not in key:
            raise UserError(f"overrides: {text}: expected <part>.<key>=value, the part one of {', '.join(_PARTS)}.")
        _set(experiment, key, value, text)


def _set(experiment: DictConfig, key: str, value: object, text: str) -> None:
    part = key.partition(".")[0]
    if part not in _PARTS:
        raise UserError(f"overrides: {text}: {part} is no part of a score; {suggestion(part, _PARTS)}")
    if part == "degradation" and OmegaConf.select(experiment, "protocol.degradation") is not None:
        key = f"protocol.{key}"
    above, _, name = key.rpartition(".")
    node = OmegaConf.select(experiment, above)
    if not isinstance(node, DictConfig):
        raise UserError(f"overrides: {text}: the experiment has no {above}.")
    if name not in node and TARGET not in node:
        raise UserError(f"overrides: {text}: there is no such key; {suggestion(name, [str(k) for k in node], above)}")
    if name == TARGET:
        raise UserError(f"overrides: {text}: a class is not replaced so; choose one with its own key.")
    try:
        OmegaConf.update(experiment, key, value, merge=False, force_add=True)
    except OmegaConfBaseException as error:
        raise UserError(f"overrides: {text}: {str(error).partition(chr(10))[0]}.") from error
