"""Two ranks are one rank, and each backward reduces its own network only."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from vidgan.engine.parallel import refuse_batch_norm_apart
from vidgan.errors import UserError


def run(out: Path, devices: int, accumulate: int = 1, flaw: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.engine.parallel_worker", str(out), str(devices), str(accumulate), flaw]
    return subprocess.run(command, timeout=600, cwd=Path(__file__).parents[2], capture_output=True, text=True)


def train(folder: Path, devices: int, accumulate: int = 1, flaw: str = "") -> dict[str, Any]:
    out = folder / f"{devices}.pt"
    done = run(out, devices, accumulate, flaw)
    assert done.returncode == 0, done.stderr
    return torch.load(out, weights_only=True)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_two_ranks_equal_one(tmp_path: Path, accumulate: int) -> None:
    one, two = train(tmp_path, 1, accumulate), train(tmp_path, 2, accumulate)
    # Two ranks add the gradients of halves of the batch: float32 sums in another order, over 4 steps.
    for first, second in zip(one["losses"], two["losses"], strict=True):
        assert second == pytest.approx(first, rel=1e-5)
    for key, value in one["weights"].items():
        torch.testing.assert_close(two["weights"][key], value, rtol=1e-5, atol=1e-6)
    generator, discriminator = 3 * 3 * 9 + 3, 4 * 3 * 9 + 4 + 4 + 1
    assert two["traffic"] == [("generator", generator), ("discriminator", discriminator)] * 4


def test_a_skip_is_decided_by_all_ranks(tmp_path: Path) -> None:
    result = train(tmp_path, 2, flaw="poison")
    assert result["skipped"] == 2
    assert all(torch.isfinite(value).all() for value in result["weights"].values())


def test_batch_statistics_of_each_rank_are_refused(tmp_path: Path) -> None:
    done = run(tmp_path / "2.pt", 2, flaw="batch_norm")
    assert done.returncode == 1, done.stderr
    assert "networks.generator.conv.1 is a batch normalization" in done.stderr
    assert not (tmp_path / "2.pt").exists()


class Own(nn.modules.batchnorm._BatchNorm):
    """Somebody's own kind of batch norm."""


def test_batch_norm_that_is_synchronized_or_at_rest_is_not_refused() -> None:
    def networks(*layers: nn.Module) -> nn.ModuleDict:
        return nn.ModuleDict({"generator": nn.Sequential(*layers)})

    refuse_batch_norm_apart(networks(nn.BatchNorm2d(3)), ranks=1)
    refuse_batch_norm_apart(networks(nn.BatchNorm2d(3).eval(), nn.InstanceNorm2d(3)), ranks=2)
    refuse_batch_norm_apart(nn.SyncBatchNorm.convert_sync_batchnorm(networks(nn.BatchNorm2d(3))), ranks=2)
    with pytest.raises(UserError, match=r"networks\.generator\.0 is a batch normalization"):
        refuse_batch_norm_apart(networks(Own(3)), ranks=2)
    with pytest.raises(UserError, match=r"networks\.generator\.0 is a batch normalization, .* 4 processes"):
        refuse_batch_norm_apart(networks(nn.BatchNorm1d(3)), ranks=4)


def test_a_failure_ends_the_process_group_too(tmp_path: Path) -> None:
    done = run(tmp_path / "2.pt", 2, flaw="fails")
    assert done.returncode == 1, done.stderr
    assert "IndexError" in done.stderr
