"""W&B's own process, wandb-core, and what talks to the server through it."""

from contextlib import suppress
from typing import Any

from vidgan.errors import UserError

_START_SECONDS = 120.0  # most; W&B's own is 30, and a busy node may need more
_ANSWER_SECONDS = 20


def start_service(terminal: Any = None) -> None:
    """Starts W&B's own process; W&B never waits for somebody to type a key.

    Args:
        terminal: hears what W&B would print; None hears nothing.

    Raises:
        Exception: of many kinds, where the process cannot start.
    """
    import wandb

    _without_telemetry()
    wandb.setup(wandb.Settings(x_service_wait=_START_SECONDS))
    wandb.termsetup(wandb.Settings(silent=True), terminal)


def _without_telemetry() -> None:
    """W&B 0.31 would wait for its own lock for ever, to tell its makers that its process cannot start."""
    with suppress(ImportError):
        from wandb.analytics.opentelemetry.opentelemetry_proxy import disable

        disable()


def release_service() -> None:
    """Ends W&B's own process and takes its address out of the environment."""
    import wandb

    with suppress(OSError, SystemExit):  # a process that has died, or whose exit code W&B would make ours
        wandb.teardown()


def connect() -> Any:
    """A ``wandb.Api``.

    Raises:
        UserError: W&B's own process cannot start, or there is no network or no valid key.
    """
    import wandb

    try:
        start_service()
    except Exception as error:  # W&B raises many kinds
        raise UserError(
            f"W&B's own process cannot start on this machine ({error}); check that files of the folder of Python's "
            f"packages may be executed, and install wandb again."
        ) from error
    try:
        return wandb.Api(timeout=_ANSWER_SECONDS)
    except wandb.errors.UsageError as error:
        raise UserError("W&B has no key on this machine; run `wandb login`, or set WANDB_API_KEY.") from error
    except wandb.errors.CommError as error:
        raise UserError(
            f"W&B did not let us in ({error}); check the network, WANDB_BASE_URL and the key (`wandb login`)."
        ) from error
