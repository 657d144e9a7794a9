"""Every measurement runs and returns what the table shows; the bytes that ranks exchange are counted exactly."""

import json
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from benchmarks import __main__ as program
from benchmarks.gan_setup import Game
from benchmarks.measurement import Figure, middle
from benchmarks.measurements import loader, traffic
from rich.progress import Progress

EXPECTED = {
    "loader": [
        *(f"loading from {kind}, {workers} workers" for kind in ("cache", *loader.STORED) for workers in (0, 2)),
        *(f"share of a step that waits for {kind}" for kind in ("cache", *loader.STORED)),
    ],
    "memory": ["memory of a longer video"],
    "overhead": ["fixed cost of a step"],
    "requeue": ["from the signal to the end of the process", "from a new start to the next iteration"],
    "startup": ["vidgan-evaluate --help", "vidgan-predict --help", "vidgan-train --help"],
    "step": ["step / tuned hand loop", "step / plain hand loop"],
    "sweep": ["preflight of a sweep", "launcher's cost a job"],
    "traffic": [
        "reduced gradients, two ranks",
        "reduced bytes an iteration",
        "step, two ranks / one",
        "step, two ranks, players / whole module",
    ],
}


@pytest.fixture(scope="session")
def measured() -> Callable[[str], list[Figure]]:
    """The figures of a measurement at its tiniest size, measured once."""

    @cache
    def measure(name: str) -> list[Figure]:
        module = import_module(f"benchmarks.measurements.{name}")
        return module.measure(Progress(disable=True), module.TINY)

    return measure


def test_every_measurement_is_expected() -> None:
    assert program.names() == sorted(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_measurement_returns_its_figures(measured: Callable[[str], list[Figure]], name: str) -> None:
    figures = measured(name)
    names = [figure.name for figure in figures]
    assert [wanted for wanted in EXPECTED[name] if wanted not in names] == []
    for figure in figures:
        assert figure.unit
        assert figure.note
        assert figure.spread is None or figure.spread[0] <= figure.value <= figure.spread[1]
        assert json.loads(json.dumps(figure.as_dict()))["met"] is figure.met


def test_ranks_reduce_each_gradient_once(measured: Callable[[str], list[Figure]]) -> None:
    """Four bytes a weight: ours once an iteration, DDP around the whole module in both of its backward passes."""
    ratio, players, *_ = measured("traffic")
    game: Game = traffic.TINY.game
    weights = sum(parameter.numel() for network in game.networks().values() for parameter in network.parameters())
    assert players.value == 4 * weights
    assert ratio.value == 0.5
    assert ratio.met


@pytest.mark.parametrize(
    ("value", "better", "met"),
    [(1.0, "lower", True), (1.1, "lower", False), (1.0, "higher", True), (0.9, "higher", False)],
)
def test_a_target_may_be_reached_exactly(value: float, better: str, met: bool) -> None:
    assert Figure("a", value, "x", 1.0, better).met is met
    assert Figure("a", value, "x").met is None


def test_the_middle_half() -> None:
    assert middle([8.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]) == (4.5, (3.0, 6.0))
    assert middle([3.0]) == (3.0, (3.0, 3.0))


def test_results_are_written_with_facts_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "RESULTS", tmp_path)
    document = json.loads(program._write({"step": [Figure("a", 1.0, "x", 2.0)]}).read_text())
    assert document["figures"]["step"][0]["met"] is True
    assert document["machine"]["cores"] >= 1
    assert document["machine"]["torch"]


def test_an_unknown_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "stepp"])
    with pytest.raises(SystemExit, match="stepp: no such measurement; there are loader, memory"):
        program.main()
