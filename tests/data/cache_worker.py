"""Fills a cache in a process of its own: ``cache_worker.py FOLDER CACHE [stall | tiny]``."""

import resource
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from vidgan.data.cache import DecodedCache
from vidgan.data.sources import FrameFolder
from vidgan.errors import UserError
from vidgan.video.reader import Frames


class LoggedFolder(FrameFolder):
    """Writes a line to a log beside the folder whenever it is decoded."""

    stall = False

    def stream(self) -> Iterator[Frames]:
        with self.path.with_suffix(".log").open("a") as log:
            log.write("decoded\n")
        if self.stall:
            yield from islice(super().stream(), 6)
            time.sleep(600)
        yield from super().stream()


def main(folder: str, cache: str, mode: str = "") -> None:
    LoggedFolder.stall = mode == "stall"
    if mode == "tiny":
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    source = LoggedFolder("clip", Path(folder))
    try:
        DecodedCache(Path(cache), budget_gb=1).fill([source])
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
