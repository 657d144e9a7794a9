"""The published protocols: which frame of a clip is scored, beside which, and how."""

from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor

from tests.media import moving, write_folder
from tests.tasks.frame_interpolation.test_task import task
from tests.tasks.test_pieces import scored
from vidgan.config.paths import CONF
from vidgan.protocols.protocol import Protocol


def shipped(name: str) -> Protocol:
    return instantiate(OmegaConf.load(CONF / "protocols" / f"{name}.yaml"))


def blended(frames: Tensor, time: float) -> float:
    """PSNR in dB of the mean of the first and last frame, rounded to 8 bits, against the frame at that time."""
    made = (frames[0].lerp(frames[-1], time) * 255).round() / 255
    error = (made - frames[round(time * (len(frames) - 1))]).square().mean()
    return float(-10 * error.log10())


@pytest.mark.parametrize(
    ("name", "count", "cases"),
    [
        *((name, 3, {"psnr": 1 / 2}) for name in ("vimeo_triplets", "ucf101", "snu_film")),
        ("x_test", 33, {f"psnr_eighth_{eighth}": eighth / 8 for eighth in range(1, 8)}),
    ],
)
def test_what_is_between_the_ends_is_scored_in_8_bits(
    tmp_path: Path, name: str, count: int, cases: dict[str, float]
) -> None:
    clip = moving(count, 32, 32)
    write_folder(tmp_path / "a", clip)
    module = task()
    module.compare_to = ("blend",)
    module.protocol = shipped(name)
    assert module.fewest == count
    row = scored(module, tmp_path)[0]["blend", "a"]
    frames = torch.from_numpy(clip).permute(0, 3, 1, 2).float() / 255
    found = {metric: value for metric, value in row.items() if metric.startswith("psnr")}
    assert found == pytest.approx({metric: blended(frames, time) for metric, time in cases.items()}, abs=1e-3)
    assert (module.protocol.color, module.protocol.crop, module.protocol.quantize) == ("rgb", (0, 0), True)
