"""How a run appears in W&B: its place, its name and what it tells of itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from vidgan.record.folder import RunFolder
from vidgan.record.identity import definition, halves
from vidgan.record.provenance import origin


def under_agent() -> bool:
    """Whether a W&B sweep agent has started this process; the sweep then decides project, entity and run id."""
    return bool(os.environ.get("WANDB_SWEEP_ID"))


def run_arguments(config: DictConfig, folder: RunFolder, evaluation: str | None = None) -> dict[str, Any]:
    """The layout of a run in W&B, as arguments of ``wandb.init``.

    The configuration is the experiment half, as plain containers, with what else is known under ``machine_half`` and
    ``provenance``. The job type is ``train``; ``sweep`` for a run of a group, which is a point of a study; or
    ``evaluate``.

    Args:
        config: the root of a training, or a training's experiment half with an evaluation's machine half.
        folder: of the training.
        evaluation: name of one that is a run of its own beside its training; None is the training.
    """
    tracking = config.tracking
    data_set = Path(str(config.data.get("root", ""))).name
    group = tracking.group or config.name
    job = "sweep" if tracking.group is not None or under_agent() else "train"
    name = folder.id if evaluation is None else f"{folder.id}-{evaluation}"
    place = {"id": name, "project": tracking.project, "entity": tracking.entity}
    return {
        **({} if under_agent() else place),
        "name": tracking.label or name,
        "dir": str(folder.path if evaluation is None else folder.path / "evaluations" / evaluation),
        "group": group,
        "job_type": job if evaluation is None else "evaluate",
        "tags": list(dict.fromkeys([folder.path.parent.name, *filter(None, [data_set]), *tracking.tags])),
        "resume": "allow",
        "config": {**definition(config), "machine_half": halves(config)[1], "provenance": origin(config)},
    }


@contextmanager
def kept_inside(folder: Path) -> Iterator[None]:
    """Makes W&B stage artifacts and cache inside of a folder; it takes these places from the environment only."""
    places = {"WANDB_DATA_DIR": str(folder / "wandb"), "WANDB_CACHE_DIR": str(folder / "wandb" / "cache")}
    telemetry = {} if "WANDB_ERROR_REPORTING" in os.environ else {"WANDB_ERROR_REPORTING": "false"}
    before = {name: os.environ.get(name) for name in places | telemetry}
    os.environ.update(places | telemetry)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
