"""Hydra's override syntax as a search space."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from vidgan.errors import UserError
from vidgan.launch.space import grid, overrides, probes, read_space, shown

PARSER = OverridesParser.create()


def test_overrides_become_distributions() -> None:
    arguments = ["data=clips", "a=1,2", "b=interval(0,1)", "c=tag(log,interval(1e-4,1e-2))", "d=range(1,9,2)"]
    fixed, space = read_space(PARSER, arguments, {"e.f": "tag(int,log,interval(1,64))", "g": "range(0.0,1.0,0.25)"})
    assert fixed == ["data=clips"]
    assert space == {
        "a": CategoricalDistribution(["1", "2"]),
        "b": FloatDistribution(0, 1),
        "c": FloatDistribution(1e-4, 1e-2, log=True),
        "d": IntDistribution(1, 7, step=2),
        "e.f": IntDistribution(1, 64, log=True),
        "g": FloatDistribution(0, 0.75, step=0.25),
    }


def test_a_grid_is_every_combination_and_probes_touch_every_end() -> None:
    _, space = read_space(PARSER, ["a=x,y", "d=range(1,4)"], {})
    assert [list(point.values()) for point in grid(space)] == [[a, d] for a in "xy" for d in (1, 2, 3)]
    assert probes(space) == [{"a": "x", "d": 1}, {"a": "y", "d": 1}, {"a": "x", "d": 3}]
    assert overrides({"a": "x", "c": 1e-05}) == ["a=x", "c=1e-05"]
    assert shown({"+a": 0.123456, "b": 3}) == {"a": "0.1235", "b": "3"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a=1"], "nothing to search"),
        (["a=interval(2,1)"], "a=interval(2,1)"),
        (["a=tag(log,interval(0,1))"], "a=tag(log,interval(0,1))"),
    ],
)
def test_what_cannot_be_searched_is_refused(arguments: list[str], sentence: str) -> None:
    with pytest.raises(UserError) as told:
        read_space(PARSER, arguments, {})
    assert sentence in str(told.value)


def test_a_grid_refuses_an_interval() -> None:
    _, space = read_space(PARSER, ["a=interval(0,1)"], {})
    with pytest.raises(UserError, match="a is an interval, and a grid has no end of points in it"):
        grid(space)
