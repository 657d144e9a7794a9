"""A fake W&B server, and configurations that wait for it as long as a busy machine takes, or hardly."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from tests.fake_wandb import FakeWandb

PATIENT = ("tracking.init_timeout=600", "tracking.finish_timeout=600")
#: For a server that is in trouble when a run starts, or when it ends: every second of these is waited.
HASTY_START, HASTY_END = "tracking.init_timeout=2", "tracking.finish_timeout=3"


@pytest.fixture
def server() -> Iterator[FakeWandb]:
    with FakeWandb() as server:
        yield server


@pytest.fixture
def config(composed: Callable[..., DictConfig]) -> Callable[..., dict[str, Any]]:
    def make(*overrides: str) -> dict[str, Any]:
        plain = OmegaConf.to_container(composed(*PATIENT, *overrides), resolve=True)
        assert isinstance(plain, dict)
        return {str(key): value for key, value in plain.items()}

    return make
