"""The clips that metrics are tested with."""

from tests.metrics.conftest import fake, real

__all__ = ["fake", "real"]
