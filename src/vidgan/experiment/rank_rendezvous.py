"""How the processes of one run find each other's run folder: the first decides, the others are told.

Lightning starts the other ranks itself, with the first one's environment. torchrun has started them beside it, with a
store that all reach. srun has started a worker each, which was given the folder.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch.distributed
from pytorch_lightning.utilities import rank_zero_only

from vidgan.engine.parallel import torchrun_store
from vidgan.record.folder import RunFolder

_FOLDER = "VIDGAN_RUN_FOLDER"


def is_first() -> bool:
    """Whether this process is alone, or is rank 0 of several that srun, torchrun or Lightning has started."""
    return getattr(rank_zero_only, "rank", 0) == 0


def restarted() -> bool:
    """Whether torchrun has started the processes anew."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"


@contextmanager
def appoint(folder: RunFolder) -> Iterator[None]:
    """Tells the others, now or when they start, that this is the folder."""
    if torch.distributed.is_torchelastic_launched():
        torchrun_store().set(_FOLDER, str(folder.path))
    os.environ[_FOLDER] = str(folder.path)
    try:
        yield
    finally:
        del os.environ[_FOLDER]


def appointed() -> RunFolder:
    """The folder that the first process has decided on; waits for it."""
    if torch.distributed.is_torchelastic_launched():
        return RunFolder(Path(torchrun_store().get(_FOLDER).decode()))
    return RunFolder(Path(os.environ[_FOLDER]))
