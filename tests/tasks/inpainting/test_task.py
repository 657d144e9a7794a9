"""What an inpainter is given, what it is measured by, and which masks count."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.media import moving, write_folder
from tests.tasks.test_pieces import scored
from vidgan.baselines.inpainting import inpaintings
from vidgan.data.clip import Clip
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import Step
from vidgan.errors import UserError
from vidgan.generators.inpainter import Inpainter
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.masks.shapes import Boxes
from vidgan.metrics.masked import MaskPSNR
from vidgan.metrics.psnr import PSNR
from vidgan.protocols.case import Case
from vidgan.protocols.protocol import Protocol
from vidgan.randomness import mix
from vidgan.tasks.inpainting.task import Inpainting


class Grey(Inpainter):
    """Makes everything grey; the parameter is for an optimizer to have something."""

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(0.5))

    def fill(self, low: Tensor) -> Tensor:
        return self.level.expand(*low.shape[:2], 3, *low.shape[-2:])


def task(network: nn.Module | None = None, **arguments: Any) -> Inpainting:
    return Inpainting(
        masks=Boxes(),
        networks={"generator": network or Grey()},
        players={"generator": Player(Role.GENERATOR, ("generator",), torch.optim.Adam)},
        terms={},
        settings=EngineSettings(iterations=1, ema=None),
        **arguments,
    )


def clip(frames: int = 4, **conditions: Tensor) -> Clip:
    values = torch.from_numpy(moving(frames)).permute(0, 3, 1, 2)[None].float() / 255
    return Clip(values, ["a"], torch.tensor([mix("a")]), conditions=conditions)


def test_holes_are_empty_and_all_else_is_as_it_was() -> None:
    given = clip()
    condition = task().condition(given)
    masked, hole = condition["masked"], condition["mask"].expand(-1, -1, 3, -1, -1) > 0
    assert torch.equal(condition["mask"], Boxes()(given))
    assert not masked[hole].any()
    assert torch.equal(masked[~hole], given.frames[~hole])
    output = task().generate(condition)
    assert torch.equal(output.fake[~hole], given.frames[~hole])
    assert torch.equal(output.fake[hole], torch.full_like(output.fake[hole], 0.5))
    assert torch.equal(output.named["filled"], torch.full_like(output.fake, 0.5))


def test_a_mask_of_the_clip_goes_before_those_that_are_drawn() -> None:
    """Its edges are those of 8 bits: half or more is a hole."""
    mask = torch.zeros(1, 4, 1, 48, 64)
    mask[..., 10:20, 10:20] = 1
    mask[..., 20:22, 10:20] = 100 / 255
    condition = task().condition(clip(mask=mask))
    assert condition["mask"].sum() == 4 * 100
    assert torch.equal(condition["mask"], (mask > 0.5).float())


def test_losses_and_metrics_are_given_the_mask() -> None:
    given, module = clip(), task()
    condition = module.condition(given)
    step = Step(given, condition, module.target(given), module.generate(condition))
    assert {"mask", "masked", "filled", "fake", "real"} <= step.namespace.keys()


def test_each_kind_of_holes_is_scored_with_its_own(tmp_path: Path) -> None:
    cases = {
        "left": Case(conditions={"mask": lambda clip: _columns(clip, 0, 16)}),
        "right": Case(conditions={"mask": lambda clip: _columns(clip, 48, 64)}),
    }
    protocol = Protocol("p", "nobody", {"hole": MaskPSNR(), "psnr": PSNR()}, cases=cases, quantize=False)
    write_folder(tmp_path / "a", moving(6))
    module = task()
    module.protocol = protocol
    rows, _ = scored(module, tmp_path)
    assert {method for method, clip in rows if clip == "a"} == {"model", *inpaintings()}
    real = clip(6).frames[0].double()
    for name, part in (("left", slice(0, 16)), ("right", slice(48, 64))):
        squares = (real[..., part] - 0.5).square().mean((1, 2, 3))
        model = rows["model", "a"]
        assert model[f"hole_{name}"] == pytest.approx(float((-10 * squares.log10()).mean()), rel=1e-5)
        assert model[f"psnr_{name}"] == pytest.approx(float((-10 * (squares / 4).log10()).mean()), rel=1e-5)


def _columns(clip: Clip, first: int, last: int) -> Tensor:
    mask = torch.zeros(len(clip), clip.frames.shape[1], 1, *clip.frames.shape[-2:])
    mask[..., first:last] = 1
    return mask


def test_a_network_that_fills_no_holes_is_refused() -> None:
    with pytest.raises(UserError, match="RRDBNet fills no holes; choose one that does"):
        task(RRDBNet(1, channels=4, blocks=1, growth=2))
