"""A fake W&B server, and configurations that do not wait long for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from tests.fake_wandb import FakeWandb


@pytest.fixture
def server() -> Iterator[FakeWandb]:
    with FakeWandb() as server:
        yield server


@pytest.fixture
def config(composed: Callable[..., DictConfig]) -> Callable[..., dict[str, Any]]:
    def make(*overrides: str) -> dict[str, Any]:
        short = ["tracking.init_timeout=2", "tracking.finish_timeout=3"]
        plain = OmegaConf.to_container(composed(*short, *overrides), resolve=True)
        assert isinstance(plain, dict)
        return {str(key): value for key, value in plain.items()}

    return make
