"""Axes found in configurations that Hydra composed."""

from collections.abc import Callable
from typing import Any

import pytest
from omegaconf import DictConfig

from vidgan.comparison.axes import find_axes, short_names
from vidgan.record.identity import definition

Axes = Callable[..., dict[str, tuple[Any, ...]]]


@pytest.fixture
def axes_of(composed: Callable[..., DictConfig]) -> Callable[..., Any]:
    """``axes_of(["seed=1"], ["seed=2"])``: the axes between runs with these overrides."""
    return lambda *runs: find_axes([definition(composed(*overrides)) for overrides in runs])


LR, WEIGHT = "players.generator.optimizer.lr", "losses.adversarial.weight"


def test_seeds_and_names_are_no_axes(axes_of: Callable[..., Any]) -> None:
    assert axes_of(["seed=0"], ["seed=1", "name=other"], ["seed=2"]) == []


def test_a_grid_with_seeds_has_two_axes(axes_of: Callable[..., Any]) -> None:
    points = [(lr, weight, seed) for lr in (1e-3, 3e-3) for weight in (0.1, 0.2) for seed in (0, 1)]
    found = axes_of(*([f"{LR}={lr}", f"{WEIGHT}={weight}", f"seed={seed}"] for lr, weight, seed in points))
    assert {axis.key: axis.values for axis in found} == {
        LR: tuple(lr for lr, _, _ in points),
        WEIGHT: tuple(weight for _, weight, _ in points),
    }
    assert all(axis.followers == {} for axis in found)


def test_a_copy_by_interpolation_follows(axes_of: Callable[..., Any]) -> None:
    (axis,) = axes_of(*([f"engine.iterations={count}"] for count in (100, 200, 400)))
    assert (axis.key, axis.values) == ("engine.iterations", (100, 200, 400))
    assert axis.followers == {
        "players.generator.schedule.T_max": (100, 200, 400),
        "players.discriminator.start": (80, 160, 320),  # four fifths
    }


def test_a_factor_follows_and_a_random_search_does_not(axes_of: Callable[..., Any]) -> None:
    factor = axes_of(*([f"{LR}={lr}", f"players.discriminator.optimizer.lr={lr / 4}"] for lr in (1e-3, 2e-3, 5e-3)))
    assert [list(axis.followers) for axis in factor] == [[LR]]  # of two equally deep keys the first by name leads
    search = axes_of(*([f"{LR}={lr}", f"{WEIGHT}={weight}"] for lr, weight in ((1e-3, 0.3), (2e-3, 0.1), (5e-3, 0.2))))
    assert [axis.key for axis in search] == [WEIGHT, LR]


def test_what_only_ever_changes_together_is_one_axis(axes_of: Callable[..., Any]) -> None:
    (axis,) = axes_of([], [f"{LR}=1e-4", f"{WEIGHT}=0.5"])
    assert (axis.key, list(axis.followers)) == (WEIGHT, [LR])


def test_what_happens_to_run_beside_the_seed_is_an_axis(axes_of: Callable[..., Any]) -> None:
    (axis,) = axes_of(["seed=1", "engine.accumulate=1"], ["seed=2", "engine.accumulate=2"])
    assert (axis.key, axis.values) == ("engine.accumulate", (1, 2))


def test_a_term_that_is_left_out_is_one_axis(axes_of: Callable[..., Any]) -> None:
    (axis,) = axes_of([], ["~losses.temporal"])
    assert (axis.key, axis.values, axis.followers) == ("losses.temporal", ("TemporalDifference", "absent"), {})


def test_another_network_is_one_axis_and_its_own_keys_another(axes_of: Callable[..., Any]) -> None:
    compact = "generators@networks.generator=srvgg"
    one, two = axes_of([], [compact], [compact, "networks.generator.channels=16"])
    assert (one.key, one.values) == ("networks.generator", ("RecurrentSR", "SRVGGNetCompact", "SRVGGNetCompact"))
    assert two.key == "networks.generator.channels"
    assert two.values[0] == "absent"
    assert two.values[2] == 16


def test_order_of_keys_does_not_matter() -> None:
    first = {"losses": {"a": {"loss": {"_target_": "x.A"}, "weight": 1}, "b": {"loss": {"_target_": "x.B"}}}}
    second = {"losses": {"b": {"loss": {"_target_": "x.B"}}, "a": {"weight": 2.0, "loss": {"_target_": "x.A"}}}}
    assert [axis.key for axis in find_axes([first, second])] == ["losses.a.weight"]


def test_classes_of_one_name_are_told_by_their_modules() -> None:
    (axis,) = find_axes([{"task": {"_target_": "x.A"}}, {"task": {"_target_": "y.A"}}])
    assert axis.values == ("x.A", "y.A")


def test_short_names_are_unique() -> None:
    keys = ["players.generator.optimizer.lr", "players.discriminator.optimizer.lr", "engine.ema", "a"]
    assert list(short_names(keys).values()) == [
        "generator.optimizer.lr",
        "discriminator.optimizer.lr",
        "engine.ema",
        "a",
    ]
