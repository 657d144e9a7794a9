"""Two ranks are one rank, and each backward reduces its own network only."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch


def train(folder: Path, devices: int, accumulate: int = 1, poison: str = "") -> dict[str, Any]:
    out = folder / f"{devices}.pt"
    command = [sys.executable, "-m", "tests.engine.parallel_worker", str(out), str(devices), str(accumulate), poison]
    subprocess.run(command, check=True, timeout=120, cwd=Path(__file__).parents[2])
    return torch.load(out, weights_only=True)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_two_ranks_equal_one(tmp_path: Path, accumulate: int) -> None:
    one, two = train(tmp_path, 1, accumulate), train(tmp_path, 2, accumulate)
    for first, second in zip(one["losses"], two["losses"], strict=True):
        assert second == pytest.approx(first, rel=1e-5)
    for key, value in one["weights"].items():
        torch.testing.assert_close(two["weights"][key], value, rtol=1e-5, atol=1e-6)
    generator, discriminator = 3 * 3 * 9 + 3, 4 * 3 * 9 + 4 + 4 + 1
    assert two["traffic"] == [("generator", generator), ("discriminator", discriminator)] * 4


def test_a_skip_is_decided_by_all_ranks(tmp_path: Path) -> None:
    result = train(tmp_path, 2, poison="poison")
    assert result["skipped"] == 2
    assert all(torch.isfinite(value).all() for value in result["weights"].values())
