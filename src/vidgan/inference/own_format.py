"""Files of a kind that one use alone reads and writes, beside videos and pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vidgan.inference.inputs import Input
from vidgan.video.settings import Reading
from vidgan.video.writer import FrameWriter


@dataclass(frozen=True)
class OwnFormat:
    """How such files are read and written.

    Attributes:
        suffix: of their names, in lower case, with its dot.
        open: gives the frames of one.
        write: gives the writer of one, of what is to be written into it.
    """

    suffix: str
    open: Callable[[Path, Reading], Input]
    write: Callable[[Path, Input], FrameWriter]

    def is_of(self, path: Path) -> bool:
        """Whether a file has the name of one."""
        return path.suffix.lower() == self.suffix
