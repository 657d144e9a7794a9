"""What a post-filter is given, what it costs, and what it is measured by."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.media import moving, write_folder
from tests.tasks.test_pieces import scored
from vidgan.data.clip import Clip
from vidgan.degradations.noise import GaussianNoise
from vidgan.degradations.video_codec import VideoCodec
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import Step
from vidgan.errors import UserError
from vidgan.generators.base import FrameGenerator
from vidgan.generators.post_filter import PostFilter
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.metrics.psnr import PSNR
from vidgan.metrics.rate import BitsPerPixel
from vidgan.protocols.case import Case
from vidgan.protocols.protocol import Protocol
from vidgan.protocols.rate_distortion import BDRate, bd_rate
from vidgan.randomness import mix
from vidgan.tasks.artifact_removal.task import ArtifactRemoval
from vidgan.video.coding import Coding, coded

RATES = (20, 26, 32, 38)
#: Without its look ahead, x264 decides the same in each run.
PLAIN: dict[str, Any] = {"tune": "zerolatency", "constant": "qp"}
SIZE = (96, 64)


class Noted(FrameGenerator):
    """Leaves frames as they are, and notes what it was given."""

    scale = 1
    quality_map = True

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.zeros(()))
        self.given: list[Tensor] = []

    def enlarge(self, images: Tensor) -> Tensor:
        self.given.append(images.detach())
        return images[:, :3] + self.level


class Unasking(Noted):
    quality_map = False


def task(network: nn.Module | None = None, degradation: Any = None, **arguments: Any) -> ArtifactRemoval:
    return ArtifactRemoval(
        degradation=degradation or VideoCodec((30.0, 30.0), **PLAIN),
        networks={"generator": network or Noted()},
        players={"generator": Player(Role.GENERATOR, ("generator",), torch.optim.Adam)},
        terms={},
        settings=EngineSettings(iterations=1, ema=None),
        **arguments,
    )


def clip(frames: int = 4, **conditions: Tensor) -> Clip:
    values = torch.from_numpy(moving(frames, *SIZE)).permute(0, 3, 1, 2)[None].float() / 255
    return Clip(values, ["a"], torch.tensor([mix("a")]), conditions=conditions)


def test_the_condition_is_what_the_codec_makes_and_what_it_costs() -> None:
    module = task().eval()
    condition = module.condition(clip(crf=torch.tensor([24.0])))
    frames, bits = coded(moving(4, *SIZE), 24, Coding(**PLAIN))
    assert torch.equal((255 * condition["coded"][0]).round().byte(), torch.from_numpy(frames).permute(0, 3, 1, 2))
    assert condition["bits"].tolist() == [bits.tolist()]
    assert condition["crf"].tolist() == [24]
    output = module.generate(condition)
    assert torch.equal(output.fake, condition["coded"])
    step = Step(clip(), condition, clip().frames, output)
    assert {"coded", "crf", "bits"} <= step.namespace.keys()


def test_the_rate_factor_is_drawn_where_no_case_sets_it() -> None:
    drawn = task(degradation=VideoCodec((18.0, 40.0))).codec.drawn(torch.arange(200))
    assert torch.equal(drawn, drawn.round())
    assert (drawn.min(), drawn.max()) == (18, 40)


def test_the_plane_is_the_rate_factor_over_51_for_those_that_ask() -> None:
    for network, channels in ((Noted(), 4), (Unasking(), 3)):
        module = task(network).eval()
        module.generate(module.condition(clip(crf=torch.tensor([34.0]))))
        (given,) = network.given
        assert given.shape[1] == channels
        assert channels == 3 or torch.equal(given[:, 3:], torch.full_like(given[:, 3:], 34 / 51))


def test_a_coded_clip_of_the_data_counts_in_training_alone() -> None:
    own = torch.rand(1, 4, 3, *SIZE)
    given = clip(coded=own, crf=torch.tensor([24.0]))
    module = task()
    assert torch.equal(module.train().condition(given)["coded"], own)
    assert not torch.equal(module.eval().condition(given)["coded"], own)


def test_each_rate_is_scored_with_its_bits_and_the_curves_are_compared(tmp_path: Path) -> None:
    cases = {str(rate): Case(conditions={"crf": rate}) for rate in RATES}
    protocol = Protocol(
        *("p", "nobody", {"psnr": PSNR(), "bpp": BitsPerPixel()}),
        color="y_bt709",
        cases=cases,
        rate_distortion={"bd_rate": BDRate("decoded")},
    )
    write_folder(tmp_path / "a", moving(4, *SIZE))
    module = task()
    module.protocol = protocol
    rows, _ = scored(module, tmp_path)
    row, decoded, other = (rows[method, "a"] for method in ("model", "decoded", "x265"))
    for rate in RATES:
        _, bits = coded(moving(4, *SIZE), rate, Coding(**PLAIN))
        assert row[f"bpp_{rate}"] == decoded[f"bpp_{rate}"] == pytest.approx(bits.sum() / (4 * 96 * 64))
        assert other[f"bpp_{rate}"] != row[f"bpp_{rate}"]
    assert row["bd_rate"] == decoded["bd_rate"] == 0  # the network changes nothing
    curves = ([(one[f"bpp_{rate}"], one[f"psnr_{rate}"]) for rate in RATES] for one in (decoded, other))
    assert other["bd_rate"] == pytest.approx(bd_rate(*curves))


def test_an_untrained_filter_changes_nothing() -> None:
    module = task(PostFilter(8, 1, neighbors=1)).eval()
    condition = module.condition(clip())
    torch.testing.assert_close(module.generate(condition).fake, condition["coded"], rtol=0, atol=1e-6)


def test_the_published_size_of_a_small_filter() -> None:
    """Unshuffled by 2, 32 channels, four residual convolutions and a plane of the rate factor."""
    assert sum(parameter.numel() for parameter in PostFilter(32, 2).parameters()) == 44_236


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UserError, match="GaussianNoise is no video codec; choose degradations@degradation=h264"):
        task(degradation=GaussianNoise())
    with pytest.raises(UserError, match="coded clips keep their size"):
        task(RRDBNet(2, channels=4, blocks=1, growth=2))
    with pytest.raises(
        UserError, match=r"degradation.crf=\[23.0, 52.0\]: expected a range within 0 to 51, as h264 has"
    ):
        VideoCodec((23.0, 52.0))
    VideoCodec((23.0, 52.0), codec="av1")
