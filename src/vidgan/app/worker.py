"""The process of one job: reads its order as JSON from stdin, tells how far it is in lines of JSON on stdout."""

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from omegaconf import OmegaConf

from vidgan.config import options
from vidgan.config.instantiate import build
from vidgan.config.registration import register
from vidgan.engine.progress import listened
from vidgan.errors import UserError, one_line
from vidgan.experiment.prediction import use_on
from vidgan.experiment.subject import subject

SECONDS = 0.25  # between two lines


class Teller:
    """Writes lines of JSON; of progress, at most one in :data:`SECONDS` but for the last."""

    def __init__(self, to: IO[str]) -> None:
        self._to, self._then = to, 0.0

    def progress(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._then >= SECONDS or done in (1, total):
            self._then = now
            self.say(what=what, done=done, total=total)

    def say(self, **told: Any) -> None:
        print(json.dumps(told), file=self._to, flush=True)


def work(order: Mapping[str, Any], teller: Teller) -> None:
    """Does what is ordered.

    Args:
        order: ``run`` and ``weights`` as of :class:`vidgan.experiment.subject.Subject`, ``given`` and ``components``,
            the options of the task by name, the latter as option of their ``groups``; ``machine`` and ``paths`` as of
            the configuration.
        teller: is told.

    Raises:
        UserError: the network, the input or an option is at fault.
    """
    register()
    cache = Path(order["paths"]["cache"])
    found = subject(order["run"], order["weights"], Path(order["paths"]["runs"]), cache)
    given = dict(order["given"])
    for name, option in order["components"].items():
        node = OmegaConf.load(options.find(order["groups"][name], option) or "")
        whole = OmegaConf.create({"paths": order["paths"], name: node})
        given[name] = build(whole[name], name)
    with listened(teller.progress):
        use_on(OmegaConf.create(order["machine"]), found, given, cache)


def main() -> None:
    teller = Teller(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # whatever prints, prints to the terminal of vidgan-app
    try:
        work(json.load(sys.stdin), teller)
    except UserError as error:
        teller.say(error=one_line(error))
        sys.exit(1)
    except Exception:
        traceback.print_exc()
        sys.exit(1)


if __name__ == "__main__":
    main()
