"""A fake W&B server, for trainings that are logged to one."""

from tests.tracking.conftest import server

__all__ = ["server"]
