"""Standard streams that are closed, or that nobody reads to their end."""

import os
import sys
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import Any


def open_closed() -> None:
    """Has standard streams that are closed lead nowhere; the next file that is opened would be taken for one."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - it stays open


def delivered(more: str = "") -> bool:
    """Whether all that was printed goes where it belongs; what does not is given up, else Python would try again."""
    try:
        print(end=more, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def outlive_readers() -> None:
    """From here on what nobody reads is lost, and ends nothing: the results of hours are in files, not in a pipe."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or stream is not getattr(sys, f"__{name}__"):
            continue
        with suppress(BrokenPipeError):
            stream.flush()
        raw: Any = _Lossy(stream.fileno(), "w", closefd=False)
        buffer = raw if stream.write_through else BufferedWriter(raw)
        lines, at_once = stream.line_buffering, stream.write_through
        kept = TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=lines, write_through=at_once)
        setattr(sys, name, kept)


class _Lossy(FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)
