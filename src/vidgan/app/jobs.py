"""Jobs: each a process of its own, so that one that is cancelled or fails takes nothing with it and leaves nothing."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psutil

from vidgan.engine.progress import rate_told
from vidgan.errors import UserError

WORKER = "vidgan.app.worker"
_STOPPED = "The job was cancelled; nothing of it is kept."
_BROKEN = "The job ended without a result; the terminal in which vidgan-app runs says why."


class Cancelled(UserError):
    """Somebody has cancelled the job."""


class Progress:
    """How far a job is: words for people, and the part that is done.

    Attributes:
        part: from 0 to 1.
    """

    def __init__(self) -> None:
        self._what, self._begin, self._first = "", 0.0, 0
        self.part = 0.0
        self.text = "Loading the network"

    def update(self, what: str, done: int, total: int) -> None:
        """So many of the items named ``what`` are done; the rate counts from the first of them."""
        now = time.monotonic()
        if what != self._what or done < self._first:
            self._what, self._begin, self._first = what, now, done
        self.part = done / total if total else 0.0
        self.text = f"{done:,} of {max(done, total):,} {what}"
        if done > self._first and now > self._begin:
            rate = (done - self._first) / (now - self._begin)
            left = timedelta(seconds=round(max(0, total - done) / rate))
            self.text += f" · {rate_told(rate)} · {left} left"


class Jobs:
    """The jobs of all who look at the page, by who has asked for them.

    Args:
        minutes: the most that one may take.
    """

    def __init__(self, minutes: float) -> None:
        self._minutes = minutes
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._ended_by_us: set[int] = set()

    def run(self, owner: str, order: Mapping[str, Any]) -> Iterator[Progress]:
        """Yields while the job goes on; returns when all is written.

        Raises:
            UserError: what the job says is wrong, or it took too long.
            Cancelled: by :meth:`cancel`.
        """
        process = subprocess.Popen(
            [sys.executable, "-m", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._running[owner] = process
        late = threading.Event()

        def too_late() -> None:
            late.set()
            end(process)

        timer = threading.Timer(self._minutes * 60, too_late)
        timer.daemon = True
        timer.start()
        try:
            assert process.stdin is not None
            with suppress(BrokenPipeError), process.stdin:
                process.stdin.write(json.dumps(order))
            yield from _told(process)
            if process.pid in self._ended_by_us:
                raise Cancelled(_STOPPED)
            if late.is_set():
                raise UserError(
                    f"The job took more than {self._minutes:g} minutes and was ended; give less, or start vidgan-app "
                    "with a larger minutes=<number>."
                )
            if process.wait() != 0:
                raise UserError(_BROKEN)
        finally:
            timer.cancel()
            end(process)
            assert process.stdout is not None
            process.stdout.close()
            self._ended_by_us.discard(process.pid)
            if self._running.get(owner) is process:
                del self._running[owner]

    def cancel(self, owner: str) -> bool:
        """Ends the job of somebody; whether there was one."""
        if (process := self._running.get(owner)) is None:
            return False
        self._ended_by_us.add(process.pid)
        end(process)
        return True

    def cancel_all(self) -> None:
        for owner in list(self._running):
            self.cancel(owner)


def _told(process: "subprocess.Popen[str]") -> Iterator[Progress]:
    """
    Raises:
        UserError: what the job says is wrong.
    """
    progress = Progress()
    yield progress
    assert process.stdout is not None
    for line in process.stdout:
        told = json.loads(line)
        if "error" in told:
            raise UserError(told["error"])
        progress.update(told["what"], told["done"], told["total"])
        yield progress


def end(process: "subprocess.Popen[str]") -> None:
    """Ends a process and those that it has started."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        for one in [*root.children(recursive=True), root]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
