"""Where a training goes on from: its run's own checkpoint, the end of the run that it extends, or nothing."""

import logging
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig

from vidgan.config.schema import AUTO
from vidgan.engine.checkpoints import BEST, PREVIOUS, iteration_of
from vidgan.engine.hardware import can_compute
from vidgan.errors import UserError
from vidgan.experiment.build import device_kind
from vidgan.record.extension import base_of
from vidgan.record.folder import RunFolder

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """Where a training starts.

    Attributes:
        checkpoint: None for a training from nothing.
        iteration: of the checkpoint.
        precision: ``machine.precision``, or the one that the run was trained in so far.
    """

    checkpoint: Path | None
    iteration: int
    precision: str


def start_of(config: DictConfig, folder: RunFolder) -> Start:
    """Where the training of a root configuration starts.

    Raises:
        UserError: its checkpoint is damaged, or this device cannot compute in its precision.
    """
    base = base_of(config)
    origin = folder if base is None or folder.last_checkpoint is not None else base
    checkpoint, iteration = whole_checkpoint(origin, alone=origin is not folder)
    return Start(checkpoint, iteration, kept_precision(config.machine, origin))


def kept_precision(machine: DictConfig, folder: RunFolder) -> str:
    """The precision of a run: the one it has been trained in so far where ``auto`` leaves the choice.

    Raises:
        UserError: this device cannot compute in it.
    """
    segments = folder.read("provenance.json").get("segments", [])
    if machine.precision != AUTO or folder.last_checkpoint is None or not segments:
        return machine.precision
    recorded = segments[-1]["precision"]
    device = device_kind(machine)
    if not can_compute(recorded, device):
        raise UserError(
            f"Run {folder.id} was begun in {recorded}, in which this machine's {device} cannot compute; go on where it "
            f"began, or start a run of its own by machine.precision=32-true."
        )
    return recorded


def whole_checkpoint(folder: RunFolder, alone: bool = False) -> tuple[Path | None, int]:
    """The checkpoint that a run goes on from, and its iteration: the last, or another one where the last is damaged.

    Args:
        folder: of the run.
        alone: only the last will do, as for a run that goes on from the end of another one.

    Raises:
        UserError: there is a last one, and none can be used.
    """
    if folder.last_checkpoint is None:
        return None, 0
    try:
        return folder.last_checkpoint, iteration_of(folder.last_checkpoint)
    except UserError as error:
        fault = str(error)
    remedy = "put back a copy of it, or train the run anew with fresh=true"
    if alone:
        raise UserError(f"{fault}; {remedy}.")
    for other in (folder.checkpoints / name for name in (BEST, PREVIOUS)):
        try:
            iteration = iteration_of(other)
        except UserError:
            continue
        logger.warning("%s; the run goes back to %s, iteration %d", fault, other.name, iteration)
        return other, iteration
    raise UserError(f"{fault}, and there is no {BEST} or {PREVIOUS} to go back to; {remedy}.")
