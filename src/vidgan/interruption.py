"""Signals that ask a run to stop: noted when they come, obeyed at the end of a batch when a checkpoint is written.

Nothing is done inside a handler: it may interrupt a step, a collective operation or another handler. The module imports
nothing, so that a process can listen before it imports torch.
"""

import os
import signal
from types import FrameType
from typing import Any

#: Ctrl-C; a cluster's or a system's request to end; SLURM's warning before a time limit, which not every system has.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name))


class Requests:
    """The first signal that has asked this process to stop since it listens."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, Any] = {}

    def listen(self) -> bool:
        """Notes signals from now on; False where the process listens already, which whoever began it ends."""
        if self._before:
            return False
        self.number = None
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return True

    def ignore(self) -> None:
        """Gives the signals back to the handlers of before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _note(self, number: int, frame: FrameType | None) -> None:
        # A second Ctrl-C does not wait. SLURM's signals come several times: from the node, through srun, at the limit.
        if self.number is not None and number == signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.number = self.number or number


requests = Requests()


def deaf(worker: int = 0) -> None:
    """Ignores all of them: a loader's ``worker_init_fn``, and the last that a process does which has done its work.

    SLURM and Ctrl-C reach every process, but only the trainer is asked to stop.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
