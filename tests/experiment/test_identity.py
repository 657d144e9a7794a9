"""What changes a run's id, and what must not."""

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from vidgan.experiment.identity import definition, run_id

Composed = Callable[..., DictConfig]


@pytest.mark.parametrize(
    "override",
    [
        "machine=cpu",
        "machine.workers=7",
        "machine.precision=32-true",
        "tracking=disabled",
        "paths.assets=/somewhere/else",
        "fresh=true",
    ],
)
def test_the_machine_is_not_part_of_the_experiment(composed: Composed, override: str) -> None:
    assert run_id(composed(override)) == run_id(composed())


@pytest.mark.parametrize(
    "override",
    ["seed=1", "losses.adversarial.weight=0.1", "data.batch_size=16", "engine.iterations=7", "protocol.crop=0"],
)
def test_whatever_defines_the_result_is(composed: Composed, override: str) -> None:
    assert run_id(composed(override)) != run_id(composed())


def test_interpolations_are_resolved(composed: Composed) -> None:
    config = definition(composed("engine.iterations=7"))
    assert config["players"]["generator"]["schedule"]["T_max"] == 7
    assert config["data"]["root"] == "<paths.assets>/clips"
