"""How far a work is: always the count, the rate and the time left, on terminals of any width and in logs."""

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from vidgan.engine.progress import SECONDS, IterationBar, Lines, counted

LOSSES = {f"loss/{name}": 0.123456 for name in ("generator", "discriminator", "adversarial", "temporal", "perceptual")}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def trainer_at(iteration: int) -> Any:
    return SimpleNamespace(global_step=iteration, max_steps=300_000, is_global_zero=True)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_count_is_never_hidden(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=True)
    clock = Clock()
    bar = IterationBar(console=console, clock=clock)
    module: Any = SimpleNamespace(latest=LOSSES)
    bar.on_train_start(trainer_at(123_000), module)
    for iteration in (123_400, 123_450):
        clock.now += 5
        bar.on_train_batch_end(trainer_at(iteration), module, None, None, 0)
    bar.on_train_end(trainer_at(123_450), module)  # a live bar would be drawn once more below
    with console.capture() as shown:
        console.print(bar._progress.get_renderable())
    (line,) = [line for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.get()).splitlines() if line.strip()]
    assert "training" in line
    assert "123450/300000" in line
    assert re.search(r"10\.0/s 4:54:15", line), line  # 176,550 iterations left at 50 in 5 s
    assert ("generator 0.1235" in line) == (width >= 80)
    assert ("temporal 0.1235" in line) == (width >= 200)


def test_a_log_gets_a_line_by_time() -> None:
    clock, out = Clock(), io.StringIO()
    bar = IterationBar(console=Console(file=out, width=80), clock=clock)
    module: Any = SimpleNamespace(latest=LOSSES)
    bar.on_train_start(trainer_at(1000), module)
    for iteration in range(1001, 1101):
        clock.now += 1  # a second each
        bar.on_train_batch_end(trainer_at(iteration), module, None, None, 0)
    lines = out.getvalue().splitlines()
    assert len(lines) == 100 // SECONDS
    losses = "generator 0.1235 discriminator 0.1235 adversarial 0.1235 temporal 0.1235"
    assert lines[0] == f"training 1030/300000 1.0/s 3 days, 11:02:50 left {losses}"  # 298,970 s


def test_a_log_has_the_end_and_what_is_slow() -> None:
    clock, out = Clock(), io.StringIO()
    lines = Lines("frames", 3, Console(file=out, width=80), clock=clock)
    for done, seconds in ((1, 100.0), (2, 1.0), (3, 1.0)):
        clock.now += seconds
        lines.update(done)
    lines.update(3)
    assert out.getvalue() == "frames 1/3 0.01/s 0:03:20 left\nframes 3/3 1.0/s 0:00:00 left\n"


def test_counting_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(counted(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    assert capsys.readouterr().err.startswith("letters 3/3 ")
    assert list(counted(iter("abc"), 3, "letters", shown=False)) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""
