"""Every experiment trains as it did when its curves were recorded, on any processor.

What may differ is rounding: processors have other instructions (SSE, AVX2, AVX-512), and oneDNN sums in another order
on each. In float32 a sum of a thousand terms is off by 1e-6 of its value; Adam divides each gradient by its own size,
so that the rounding of a gradient near zero becomes a step as large as any other; and from there the difference
grows with every step. Measured between AVX-512, AVX2 and SSE 4.1: losses differ by less than 1e-5 at first and by 3e-3
in the twentieth iteration; the distances from the first weights by 6e-4 soon, and norms of gradients and the gate, a
difference of near equals, by 5e-3 and 4e-2. Several times that is allowed. A change of 1 % of a weight is 1e-2 of a
term times its weight, of a rate 1e-2 of the rate and of the first steps.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.curves import EXPERIMENTS, curves_of, differences, recorded, tiny

#: Batch norm over two clips, and a loss that sums over pixels: a rounding in the first step is a percent in the fourth.
CHAOTIC = "denoising/fastdvdnet_davis"
QUICK = "super_resolution/quickstart"


def tolerance(experiment: str, name: str, iteration: int) -> float:
    kind = name.split("/")[-1 if name.endswith("/balance") else 0]
    if kind in ("lr", "skipped_updates"):
        return 1e-6  # a rate is a product of a few doubles, recorded with seven digits
    first = {"drift": 2e-3, "gradient": 5e-3, "balance": 5e-3}.get(kind, 1e-4)
    if experiment == CHAOTIC and iteration > 0:
        first *= 500
    return min(0.9, first * 1.32**iteration)


def found(experiment: str, folder: Path, *overrides: str) -> list[str]:
    made = curves_of(tiny(experiment, folder, *overrides), folder)
    return list(differences(made, recorded()[experiment], lambda name, at: tolerance(experiment, name, at)))


def test_every_experiment_is_recorded() -> None:
    assert sorted(recorded()) == EXPERIMENTS, "python -m tests.golden.curves"


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_trains_as_recorded(experiment: str, tmp_path: Path) -> None:
    assert not found(experiment, tmp_path), "if this is meant: python -m tests.golden.curves"


@pytest.mark.parametrize(
    ("key", "value", "shows"),
    [
        ("losses.pixel.weight", 1.01, "weighted/pixel"),
        ("losses.temporal.weight", 0.202, "weighted/temporal"),
        ("losses.adversarial.weight", 0.000505, "weighted/adversarial"),
        ("players.generator.optimizer.lr", 3.03e-3, "drift/generator"),
        ("players.discriminator.optimizer.lr", 2.02e-4, "drift/discriminator"),
    ],
)
def test_one_percent_shows(key: str, value: float, shows: str, tmp_path: Path) -> None:
    assert shows in [line.split(" is ")[0] for line in found(QUICK, tmp_path, f"{key}={value}")]


def test_an_older_processor_makes_no_difference(tmp_path: Path) -> None:
    experiments = (QUICK, "pose_transfer/pg2_persons")  # the usual case, and the one that grows most
    program = (
        "import sys; from pathlib import Path; from tests.golden.test_golden import found\n"
        "sys.exit('\\n'.join(line for name in sys.argv[2:] for line in found(name, Path(sys.argv[1]))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), *experiments],
        env={**os.environ, "ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
