"""How a run appears in W&B: its place, its name and what it tells of itself."""

import os
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from vidgan.experiment.folder import RunFolder
from vidgan.experiment.identity import definition, halves
from vidgan.experiment.provenance import origin


def under_agent() -> bool:
    """Whether a W&B sweep agent has started this process; the sweep then decides project, entity and run id."""
    return bool(os.environ.get("WANDB_SWEEP_ID"))


def run_arguments(config: DictConfig, folder: RunFolder, job_type: str) -> dict[str, Any]:
    """The layout of a run in W&B, as arguments of ``wandb.init``.

    A run of a group is a point of a study, so that its job type is ``sweep`` instead of ``train``. The configuration is
    the experiment half, as plain containers, with what else is known under ``machine_half`` and ``provenance``.
    """
    tracking = config.tracking
    data_set = Path(str(config.data.get("root", ""))).name
    part_of_study = job_type == "train" and (tracking.group is not None or under_agent())
    place = {} if under_agent() else {"id": folder.id, "project": tracking.project, "entity": tracking.entity}
    return {
        **place,
        "name": tracking.label or folder.id,
        "dir": str(folder.path),
        "group": tracking.group or config.name,
        "job_type": "sweep" if part_of_study else job_type,
        "tags": list(dict.fromkeys([folder.path.parent.name, *filter(None, [data_set]), *tracking.tags])),
        "resume": "allow",
        "config": {**definition(config), "machine_half": halves(config)[1], "provenance": origin()},
    }
