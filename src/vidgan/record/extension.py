"""Going on from a finished run: a run of its own that starts where another one ended, with more iterations.

Its result is that of a training which was as long from the start. So the two must be one training but for their length,
and no schedule may depend on that; ``players.<name>.schedule=null`` goes on at the last learning rate instead.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vidgan.config.recorded import read_plain
from vidgan.config.schema import AUTO, TrainConfig
from vidgan.errors import UserError
from vidgan.record.folder import FINISHED, RunFolder, find_trained, write_json
from vidgan.record.tables import Table, refuse_changed_tables

#: What may differ between a training and its extension.
_FREE = ("name", "extend", "engine.iterations", "engine.log_every", "validation.every")
_NAMED = 3  # keys that a message names

Plain = Mapping[str, Any]


def base_of(config: DictConfig, fits: Callable[[RunFolder], bool] = lambda run: True) -> RunFolder | None:
    """The finished run that a configuration extends; None where it extends none.

    Args:
        config: the root; ``extend`` is a run's id, name or folder.
        fits: which of several runs of a name can be meant.

    Raises:
        UserError: there is no such run, or it is not finished.
    """
    if config.get("extend") is None:
        return None
    runs = Path(config.paths.runs).resolve()
    try:
        base = find_trained(runs, config.extend, fits)
    except UserError as error:
        raise UserError(f"extend{str(error).removeprefix('run')}") from None
    if base.path.parents[1] != runs:
        raise UserError(f"extend={config.extend}: is not in {runs}; give paths.runs=<folder of all runs>.")
    if base.state != FINISHED:
        raise UserError(f"extend={base.id}: it is {base.state}; run its own command until it has finished.")
    return base


def recorded_root(base: RunFolder, paths: DictConfig) -> DictConfig:
    """The root configuration of a run, as :func:`vidgan.record.identity.definition` takes it."""
    experiment = read_plain(base.path / "config.yaml")
    precision = experiment.pop("precision", AUTO)
    own = read_plain(base.path / "machine.yaml").get("paths", {})
    config = OmegaConf.merge(OmegaConf.structured(TrainConfig), experiment)
    assert isinstance(config, DictConfig)
    config.paths = OmegaConf.merge(paths, own, {"runs": str(base.path.parents[1])})
    config.machine.precision = precision
    return config


def refuse_another_training(base: RunFolder, before: Plain, now: Plain) -> None:
    """Refuses to extend a run by what is not the same training made longer.

    Args:
        base: the run.
        before: its definition.
        now: that of its extension.

    Raises:
        UserError: names the keys that differ, and the remedy.
    """
    done, wanted = base.summary["iteration"], now["engine"]["iterations"]
    if wanted <= done:
        raise UserError(f"engine.iterations={wanted}: {base.id} has {done} already; give a whole length beyond it.")
    first, second = dict(_flat(before)), dict(_flat(now))
    differing = sorted(key for key in first | second if key not in _FREE and first.get(key) != second.get(key))
    differing = [key for key in differing if not _without_schedule(key, now)]
    if scheduled := [key for key in differing if ".schedule." in key]:
        raise UserError(_depends_on_length(scheduled[0], base, first, second))
    if differing:
        told = "; ".join(f"{key}: {first.get(key)} there, {second.get(key)} here" for key in differing[:_NAMED])
        more = f"; and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
        raise UserError(
            f"extend={base.id}: this is another training ({told}{more}); give the command that it was made by, with "
            f"more engine.iterations."
        )


def _depends_on_length(key: str, base: RunFolder, before: Plain, now: Plain) -> str:
    player = key.partition(".schedule.")[0]
    return (
        f"{key} is {before.get(key)} in {base.id} and {now.get(key)} here: the schedule depends on the length of the "
        f"training, and what it has done cannot be done again. Give {player}.schedule=null to go on at the last "
        f"learning rate, {key}={before.get(key)} to keep the schedule as it was, or train anew without extend."
    )


def take_over(base: RunFolder, folder: RunFolder) -> None:
    """Gives an extension what its run has recorded so far: the curves, the best weights, where they come from.

    Raises:
        UserError: a table of the run is damaged.
    """
    refuse_changed_tables(base)
    for path in base.checkpoints.glob("best.*"):
        shutil.copy2(path, folder.checkpoints / path.name)
    for name in ("metrics.csv", "per_clip.csv"):
        table = Table(folder.path / name)
        table.clear()
        if rows := [row for row in Table(base.path / name).rows() if row.get("split") != "test"]:
            table.append(rows)
    write_json(folder.path / "provenance.json", base.read("provenance.json"))
    folder.update_summary(iteration=base.summary["iteration"])


def _flat(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """The values of plain containers by their dotted keys; nothing for those that are null or empty."""
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else None
    if items is None:
        if node is not None:
            yield key, node
        return
    for name, value in items:
        yield from _flat(value, f"{key}.{name}" if key else str(name))


def _without_schedule(key: str, now: Plain) -> bool:
    """Whether a key is of a schedule that its player has no more."""
    player, _, rest = key.partition(".schedule.")
    return bool(rest) and now["players"][player.partition(".")[2]].get("schedule") is None
