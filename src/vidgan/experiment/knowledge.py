"""What a run's data knows that its use needs, such as the scene of a film, beside the weights in the run's folder."""

import pytorch_lightning as pl
from torch import Tensor

from vidgan.data.datamodule import DataModule
from vidgan.errors import UserError
from vidgan.record.folder import RunFolder
from vidgan.weights import read_metadata, read_state, save_weights

NAME = "knowledge.safetensors"


def keep(folder: RunFolder, data: pl.LightningDataModule) -> None:
    """Writes what the data knows, whole or not at all; nothing where it knows nothing.

    Raises:
        UserError: the folder cannot be written to.
    """
    if isinstance(data, DataModule) and (known := data.knowledge()):
        save_weights(known, folder.path / NAME, {"run": folder.id})


def recall(folder: RunFolder) -> dict[str, Tensor]:
    """What :func:`keep` wrote; empty where it wrote nothing.

    Raises:
        UserError: it is damaged, or another run's.
    """
    path = folder.path / NAME
    if not path.is_file():
        return {}
    kept, own = read_metadata(path).get("run"), folder.recorded_id
    if None not in (kept, own) and kept != own:
        raise UserError(f"{path} is of another run, {kept}; put back that of {own}.")
    return read_state(path)
