"""Contenders that take turns: each waits in a process of its own while another is timed.

Side by side, because on a shared machine only what ran in the same minute can be compared; in processes, because
malloc's thresholds, threads and process groups are a process's own.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from rich.progress import Progress

WARM_UP = 2


class Turns:
    """A contender's batches: the same one again and again, held back between turns.

    What happens between two batches is what is timed, so a hand-written loop over the turns and Lightning's Trainer,
    which is given them as its loader, are timed alike. One batch more follows the last turn and is not timed: a
    trainer that knows the loader's length does not come back after its last batch.
    """

    def __init__(self, connection: Connection, count: int, batches: int) -> None:
        self.connection, self.count, self.batches = connection, count, batches
        self.batch: Any = None

    def of(self, batch: Any) -> "Turns":
        """These turns, handing out ``batch``."""
        self.batch = batch
        return self

    def __len__(self) -> int:
        return self.count * self.batches + 1

    def __iter__(self) -> Iterator[Any]:
        for _ in range(self.count):
            self.connection.recv()
            started = _clocks()
            for _ in range(self.batches):
                yield self.batch
            self.connection.send([(now - then) / self.batches for now, then in zip(_clocks(), started, strict=True)])
        yield self.batch


@dataclass(frozen=True)
class Contender:
    """What one side runs.

    Attributes:
        work: called as ``work(turns, *arguments)`` on every rank; a picklable function that goes through all turns.
        arguments: picklable.
        ranks: processes that take their turn together, with the environment that ``torchrun`` gives.
    """

    work: Callable[..., dict[str, float]]
    arguments: tuple[Any, ...] = ()
    ranks: int = 1


@dataclass
class Series:
    """What a contender needed for a batch, by turn; of several ranks the slowest counts.

    Attributes:
        seconds: by the clock.
        cpu_seconds: of the processor, in all threads of the process. Others who use the machine do not count.
        facts: what ``work`` returned on rank 0.
    """

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)


class _Side:
    """A contender's processes."""

    def __init__(self, contender: Contender, turns: int, batches: int) -> None:
        context = get_context("spawn")
        port = _free_port()
        self.series = Series()
        self._connections: list[Connection] = []
        self._processes = []
        for rank in range(contender.ranks):
            here, there = context.Pipe()
            process = context.Process(target=_enter, args=(contender, rank, port, there, turns, batches), daemon=True)
            process.start()
            there.close()  # so that the end of the process is the end of the pipe
            self._connections.append(here)
            self._processes.append(process)

    def turn(self) -> None:
        for connection in self._connections:
            connection.send(None)
        clocks = zip(*(connection.recv() for connection in self._connections), strict=True)
        seconds, cpu_seconds = (max(values) for values in clocks)
        self.series.seconds.append(seconds)
        self.series.cpu_seconds.append(cpu_seconds)

    def finish(self) -> None:
        self.series.facts, *_ = (connection.recv() for connection in self._connections)
        for process in self._processes:
            process.join()

    def stop(self) -> None:
        for process in self._processes:
            process.kill()


def duel(
    contenders: Mapping[str, Contender], rounds: int, batches: int, progress: Progress, description: str
) -> dict[str, Series]:
    """Lets every contender take a turn of ``batches`` in each round, in the order given.

    Two rounds more come first and are not counted.

    Raises:
        RuntimeError: a contender failed; its traceback is on stderr.
    """
    sides: dict[str, _Side] = {}
    try:
        for name, contender in contenders.items():
            sides[name] = _Side(contender, WARM_UP + rounds, batches)
        for _ in progress.track(range(WARM_UP + rounds), description=description):
            for side in sides.values():
                side.turn()
        for side in sides.values():
            side.finish()
            del side.series.seconds[:WARM_UP], side.series.cpu_seconds[:WARM_UP]
    except (EOFError, OSError) as error:
        raise RuntimeError(f"{description}: a contender ended before its last turn") from error
    finally:
        for side in sides.values():
            side.stop()
    return {name: side.series for name, side in sides.items()}


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _enter(contender: Contender, rank: int, port: int, connection: Connection, turns: int, batches: int) -> None:
    import torch

    if contender.ranks > 1:
        os.environ |= {
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "WORLD_SIZE": str(contender.ranks),
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
        }
    # On shared cores two threads wait for each other for whole time slices, which would be all that is measured.
    torch.set_num_threads(1)
    connection.send(contender.work(Turns(connection, turns, batches), *contender.arguments))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
