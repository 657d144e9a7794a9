"""Which frames an interpolator is given, which one it is to make, and what it is measured against."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.media import moving, write_folder
from tests.tasks.test_pieces import scored
from vidgan.baselines.interpolation import blend, dis, interpolations
from vidgan.data.clip import Clip
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.errors import UserError
from vidgan.generators.dis_blend import DISBlend
from vidgan.metrics.psnr import PSNR
from vidgan.protocols.case import Case
from vidgan.protocols.protocol import Protocol
from vidgan.randomness import mix
from vidgan.tasks.frame_interpolation.task import FrameInterpolation


def task(network: nn.Module | None = None, **arguments: Any) -> FrameInterpolation:
    return FrameInterpolation(
        networks={"generator": network or DISBlend((4, 4, 4))},
        players={"generator": Player(Role.GENERATOR, ("generator",), torch.optim.Adam)},
        terms={},
        settings=EngineSettings(iterations=1, ema=None),
        **arguments,
    )


def ramp(frames: int, clips: int = 1, **conditions: float) -> Clip:
    """Clips whose frame k is a grey of k / 16: any frame is the blend of two others at its time."""
    values = (torch.arange(frames) / 16).view(1, frames, 1, 1, 1).expand(clips, frames, 3, 16, 16)
    given = {name: torch.full((clips,), value) for name, value in conditions.items()}
    names = [f"{index}" for index in range(clips)]
    return Clip(values, names, torch.tensor([mix(name) for name in names]), conditions=given)


def numbers(frames: Tensor) -> Tensor:
    """Which frames of a ramp these are."""
    return (frames[..., 0, 0, 0] * 16).round().long()


def test_any_three_frames_in_their_order_train() -> None:
    module, clip = task().train(), ramp(7, 64)
    condition, target = module.condition(clip), module.target(clip)
    first, second, middle = (numbers(part)[:, 0] for part in (condition["first"], condition["second"], target))
    assert (first < middle).all()
    assert (middle < second).all()
    assert condition["time"].shape == (64, 1)
    blended = blend(condition["first"][:, 0], condition["second"][:, 0], condition["time"][:, 0])
    torch.testing.assert_close(blended, target[:, 0])
    assert {(a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True)} >= {(0, 6), (4, 6)}
    again = module.condition(clip)
    assert torch.equal(again["time"], condition["time"]), "the same clips, the same draws"


def test_triplets_train_on_their_middle() -> None:
    module, clip = task(times="middle").train(), ramp(3, 2)
    condition = module.condition(clip)
    assert numbers(condition["first"]).tolist() == [[0], [0]]
    assert numbers(module.target(clip)).tolist() == [[1], [1]]
    assert numbers(condition["second"]).tolist() == [[2], [2]]
    assert condition["time"].tolist() == [[0.5], [0.5]]


@pytest.mark.parametrize(
    ("gap", "time", "given", "made"),
    [(2, 0.5, [0, 2, 4, 6, 8], [1, 3, 5, 7]), (4, 0.25, [0, 4, 8], [1, 5]), (4, 0.75, [0, 4, 8], [3, 7])],
)
def test_what_is_left_out_of_a_clip_is_made(gap: int, time: float, given: list[int], made: list[int]) -> None:
    module, clip = task().eval(), ramp(10, gap=gap, time=time)
    condition = module.condition(clip)
    assert numbers(condition["first"])[0].tolist() == given[:-1]
    assert numbers(condition["second"])[0].tolist() == given[1:]
    assert numbers(module.target(clip))[0].tolist() == made
    assert condition["time"].unique().tolist() == [time]


def test_each_case_scores_its_own_frames(tmp_path: Path) -> None:
    write_folder(tmp_path / "a", moving(13, 32, 32))
    module = task()
    module.compare_to = ("blend", "dis")
    cases = {"half": Case(conditions={"gap": 2, "time": 0.5}), "quarter": Case(conditions={"gap": 4, "time": 0.25})}
    module.protocol = Protocol("p", "", {"psnr": PSNR()}, cases=cases, quantize=False)
    assert module.fewest == 5
    rows, pieces = scored(module, tmp_path)
    frames = torch.from_numpy(moving(13, 32, 32)).permute(0, 3, 1, 2).float() / 255
    for name, gap, inside in (("half", 2, 1), ("quarter", 4, 1)):
        made = frames[:-1:gap].lerp(frames[gap::gap], inside / gap)
        errors = (made - frames[inside::gap][: len(made)]).square().mean((1, 2, 3))
        expected = float((-10 * errors.log10()).mean())
        assert rows["blend", "a"][f"psnr_{name}"] == pytest.approx(expected, abs=1e-3)  # float32 means of 3,072 values
    assert pieces == 1, "whole clips"


def test_clips_that_are_too_short_and_times_without_a_frame_are_told(tmp_path: Path) -> None:
    write_folder(tmp_path / "short", moving(3, 32, 32))
    module = task()
    module.protocol = Protocol("p", "", {}, cases={"quarter": Case(conditions={"gap": 4, "time": 0.25})})
    with pytest.raises(UserError, match="short would be scored: it has 3 frames, and 5 are needed; leave it out"):
        scored(module, tmp_path)
    with pytest.raises(UserError, match=r"a case has gap=4 and time=0\.3: no frame is there; time \* gap must be"):
        task().eval().condition(ramp(9, gap=4, time=0.3))
    with pytest.raises(UserError, match=r"data\.frames=2: interpolation is trained on at least 3"):
        task().train().condition(ramp(2))


def test_a_network_that_makes_no_frames_between_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"networks\.generator: Conv2d makes no frames between two; choose one that does"
    ):
        task(nn.Conv2d(3, 3, 3))


def test_classical_ways_keep_to_their_times() -> None:
    """A flat grey that brightens is blended by all; of a texture that moves, DIS knows where it is."""
    dark, bright = (torch.full((1, 3, 48, 48), value) for value in (0.2, 0.8))
    for name, method in interpolations().items():
        made = method(dark, bright, torch.tensor([0.25]))
        assert made.mean().item() == pytest.approx(0.35, abs=2 / 255), name  # minterpolate rounds to 8 bits of YUV
    texture = nn.functional.interpolate(torch.rand(1, 3, 9, 9), (64, 64), mode="bicubic").clamp(0, 1)
    moved = [texture.roll(shift, -1) for shift in (0, 1, 4)]
    errors = [
        (method(moved[0], moved[2], torch.tensor([0.25])) - moved[1])[..., 12:-12].square().mean()
        for method in (dis, blend)
    ]
    assert errors[0] < errors[1] / 10
