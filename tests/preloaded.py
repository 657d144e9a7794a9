"""Commands as processes of their own that need not import torch and Lightning anew, which takes seconds each time.

A server, one for each of pytest's processes, has imported them and forks a child for each command. The child's folder,
environment, output, signals and end are its own, as those of a command that a user starts.
"""

import gc
import os
import subprocess
import sys
import time
from functools import cache
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

#: What commands import late, beside what importing these imports.
MODULES = ("albumentations", "pandas", "vidgan.experiment.evaluation", "vidgan.experiment.training", "wandb")


LIMIT = 600  # seconds: what has not ended by then, on a busy machine too, hangs


class Server:
    """Starts commands; ends with the process that has made it.

    Args:
        environment: under which it imports; None for this process's.
    """

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._answers, theirs = Pipe()
        command = [sys.executable, __file__, str(theirs.fileno())]
        subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self._codes: dict[int, int] = {}

    def start(self, folder: Path, *arguments: str, env: dict[str, str] | None = None) -> "Started":
        """See :func:`launch`."""
        out, error = (NamedTemporaryFile("r", prefix="vidgan-") for _ in range(2))  # noqa: SIM115 - go with ``Started``
        self._answers.send((str(folder), arguments, dict(os.environ) if env is None else env, out.name, error.name))
        pid = None
        while pid is None:
            pid = self._take()
        return Started(self, pid, out, error)

    def code(self, pid: int, patience: float) -> int | None:
        """That with which a child has ended, negative for a signal; None if it has not in ``patience`` seconds."""
        deadline = time.monotonic() + patience
        while pid not in self._codes and self._answers.poll(max(0.0, deadline - time.monotonic())):
            self._take()
        return self._codes.get(pid)

    def _take(self) -> int | None:
        """One answer of the server: a child that has started, or the end of one, which is noted."""
        pid, code = self._answers.recv()
        if code is None:
            return pid
        self._codes[pid] = code
        return None


class Started:
    """A command that was started, with what tests use of ``subprocess.Popen``."""

    def __init__(self, server: Server, pid: int, out: Any, error: Any) -> None:
        self.pid = pid
        self._server, self._out, self._error = server, out, error

    def poll(self) -> int | None:
        return self._server.code(self.pid, 0)

    def wait(self, timeout: float = LIMIT) -> int:
        code = self._server.code(self.pid, timeout)
        if code is None:
            raise subprocess.TimeoutExpired("vidgan", timeout)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self, timeout: float = LIMIT) -> tuple[str, str]:
        """What it has written to its output and its error, once it has ended."""
        self.wait(timeout)
        return self._out.read(), self._error.read()

    @property
    def returncode(self) -> int | None:
        return self.poll()


@cache
def _server() -> Server:
    return Server()


def launch(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Started:
    """Starts ``vidgan-<first argument>`` with the further ones in ``folder``; ``env`` is all of its environment."""
    return _server().start(folder, *arguments, env=env)


def run(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """What such a command has said once it has ended."""
    started = launch(folder, *arguments, env=env)
    out, error = started.communicate(LIMIT)
    return subprocess.CompletedProcess(arguments, started.wait(0), out, error)


def _serve(requests: Connection) -> tuple[Any, ...]:
    """Returns in each child, with what was asked of it."""
    ends: dict[int, int] = {}  # a descriptor of each child, and its number
    while True:
        for ready in wait([requests, *ends]):
            if isinstance(ready, int):
                pid = ends.pop(ready)
                os.close(ready)
                requests.send((pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
                continue
            try:
                request = requests.recv()
            except EOFError:  # pytest has ended
                sys.exit()
            pid = os.fork()
            if pid == 0:
                requests.close()
                for descriptor in ends:
                    os.close(descriptor)
                return request
            ends[os.pidfd_open(pid)] = pid
            requests.send((pid, None))


def _become(folder: str, arguments: tuple[str, ...], environment: dict[str, str], *files: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate(files, start=1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), number)
    sys.argv = [f"{sys.path[0]}/vidgan-{arguments[0]}", *arguments[1:]]


if __name__ == "__main__":
    sys.path[0] = str(Path(sys.executable).parent)  # as of the scripts there, and not the folder of this file
    for name in MODULES:
        import_module(name)
    gc.freeze()  # or each child would copy all that its collector looks at
    _become(*_serve(Connection(int(sys.argv[1]))))
    import_module(f"vidgan.commands.{sys.argv[0].rpartition('-')[2]}").main()
