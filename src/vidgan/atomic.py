"""Files and folders that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vidgan.errors import UserError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``, for a file or a folder that takes its place when the block ends.

    After an error nothing is left of it. A folder can only take the place of an empty one.

    Raises:
        UserError: it cannot be written, for instance because the disk is full.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")  # NumPy appends a suffix that is not there
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); free space or choose another place.") from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            with suppress(OSError):  # nothing was made where the folder is a file
                temporary.unlink()
