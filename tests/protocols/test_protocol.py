"""Protocols: what is pinned, and every option of conf/protocols."""

import math
import re
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor

from vidgan.data.persons.synthetic import SyntheticPersons
from vidgan.data.tracks.detector import STRATA
from vidgan.degradations.bicubic import Bicubic
from vidgan.degradations.noise import GaussianNoise
from vidgan.errors import UserError
from vidgan.metrics.base import Mean, Metric, PiecewiseMetric
from vidgan.metrics.psnr import PSNR
from vidgan.metrics.ssim import SSIM
from vidgan.metrics.temporal import TemporalError
from vidgan.ops.luma import luma
from vidgan.protocols.case import Case
from vidgan.protocols.protocol import Protocol

FOLDER = Path(__file__).parents[2] / "conf" / "protocols"
OF_TRACKS = "vidgan.protocols.tracks.TrackProtocol"
TRACKS, OPTIONS = (
    [path for path in sorted(FOLDER.glob("*.yaml")) if (OmegaConf.load(path)._target_ == OF_TRACKS) == of_tracks]
    for of_tracks in (True, False)
)


#: What is generated has no true frames.
WITHOUT_TRUTH = ("generation", "moving_shapes", "single_video", "single_video_variation")
WITH_TRUTH = [path for path in OPTIONS if path.stem not in WITHOUT_TRUTH]


class Record(Metric):
    """Keeps what it was given."""

    def __init__(self, color: str = "protocol") -> None:
        self.color = color

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        self.fake, self.real = fake, real
        return 0


def test_frames_are_rounded_cropped_and_turned_to_luma(fake: Tensor, real: Tensor) -> None:
    scored, seen = Record(), Record("rgb")
    Protocol("p", "", {"a": scored, "b": seen}, color="y", crop=4).score(fake * 1.2 - 0.1, real)
    rounded = ((fake * 1.2 - 0.1).clamp(0, 1) * 255).round()[..., 4:-4, 4:-4] / 255
    assert torch.equal(seen.fake, rounded)
    assert torch.equal(scored.fake, luma(rounded))
    assert scored.real.shape == (4, 1, 32, 40)


def test_frames_are_left_out_at_the_ends() -> None:
    clip = torch.arange(7).view(7, 1, 1, 1).expand(7, 3, 4, 4) / 255
    metric = Record()
    Protocol("p", "", {"a": metric}, skip_first=2, skip_last=1).score(clip, clip)
    assert (metric.fake[:, 0, 0, 0] * 255).tolist() == pytest.approx([2, 3, 4, 5])
    Protocol("p", "", {"a": metric}, centre_only=True).score(clip, clip)
    assert (metric.fake[:, 0, 0, 0] * 255).tolist() == pytest.approx([3])
    with pytest.raises(UserError, match="protocol p leaves nothing of a clip of 7 frames"):
        Protocol("p", "", {"a": metric}, skip_last=8).score(clip, clip)


@pytest.mark.parametrize(
    ("size", "kept"),
    [((576, 720), (544, 704, 16, 8)), ((480, 720), (448, 704, 16, 8)), ((576, 704), (544, 672, 16, 16))],
)
def test_what_the_crop_leaves_is_cut_to_multiples(size: tuple[int, int], kept: tuple[int, int, int, int]) -> None:
    """Vid4's sizes as TecoGAN cuts them: the largest multiples of 32 that leave 8 pixels at each border."""
    height, width = size
    clip = (torch.arange(height * width).view(1, 1, height, width) % 251).expand(1, 3, -1, -1) / 255
    metric = Record()
    Protocol("p", "", {"a": metric}, crop=8, multiple=32).score(clip, clip)
    rows, columns, top, left = kept
    assert torch.equal(metric.fake, clip[..., top : top + rows, left : left + columns])


def test_an_error_of_half_a_level_is_rounded_away_or_kept(real: Tensor) -> None:
    levels = (real * 254).round() / 255
    score = {
        q: Protocol("p", "", {"psnr": PSNR()}, quantize=q).score(levels + 0.4 / 255, levels) for q in (True, False)
    }
    assert score[True]["psnr"] == float("inf")
    assert score[False]["psnr"] == pytest.approx(56.0896, abs=1e-2)


def test_mistakes_are_named(real: Tensor) -> None:
    with pytest.raises(UserError, match="'yuv'; it must be 'rgb', 'y' or 'y_bt709'"):
        Protocol("p", "", {}, color="yuv")
    with pytest.raises(UserError, match="must be equal"):
        Protocol("p", "", {}).score(real, real[..., 1:])
    with pytest.raises(UserError, match="leaves nothing of a clip of 4 frames of 48x40 pixels"):
        Protocol("p", "", {}, skip_first=2, skip_last=2).score(real, real)


def test_what_is_not_available_is_left_out_and_said(real: Tensor) -> None:
    class Absent(Record):
        available = False

    protocol = Protocol("p", "", {"here": Record(), "absent": Absent()})
    assert protocol.score(real, real) == {"here": 0}
    assert protocol.left_out == ["absent"]


class Masked(Metric):
    """Keeps the mask and the palette it was given."""

    def __call__(self, fake: Tensor, mask: Tensor) -> float:
        self.fake, self.mask = fake, mask
        return 0


class Colored(Metric):
    def __call__(self, palette: Tensor) -> float:
        return float(palette.sum())


class Painted(Colored):
    def __call__(self, fake: Tensor, palette: Tensor) -> float:
        return float((fake.mean() - palette).sum())


def test_metrics_are_given_what_they_name(real: Tensor) -> None:
    masked, colored = Masked(), Colored()
    mask, palette = torch.rand(4, 1, 40, 48), torch.ones(2, 3)
    scores = Protocol("p", "", {"a": masked, "b": colored, "c": PSNR()}).score(
        real, real, {"mask": mask, "palette": palette, "unused": palette}
    )
    assert scores["b"] == 6
    assert torch.equal(masked.mask, mask)


def test_a_degradation_that_does_not_fit_the_task_is_refused() -> None:
    protocol = Protocol("p", "", {}, degradation=Bicubic(4))
    protocol.refuse_other_scale(Bicubic(4))
    with pytest.raises(UserError, match="protocol p is for x4 and the run enlarges x1; choose another protocol"):
        protocol.refuse_other_scale(GaussianNoise())
    with pytest.raises(UserError, match="protocol p degrades clips, which this task does not; choose another"):
        protocol.refuse_other_scale(None)
    Protocol("p", "", {}).refuse_other_scale(None)
    cases = {"own": Case(), "fits": Case(Bicubic(4)), "other": Case(Bicubic(2))}
    with pytest.raises(UserError, match="protocol p is for x2 and the run enlarges x4; choose another protocol"):
        Protocol("p", "", {}, cases=cases).refuse_other_scale(Bicubic(4))


class Wide(PiecewiseMetric):
    """Fails of small frames as a network of convolutions does."""

    higher_is_better = True

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        torch.nn.functional.conv2d(fake, torch.zeros(1, 3, 9, 9))
        return Mean.of([1.0])


def test_a_size_that_a_metric_cannot_take_is_refused_in_a_sentence() -> None:
    protocol = Protocol("wide", "nobody", {"wide": Wide()}, crop=2)
    protocol.refuse_size(1, 13, 13)
    with pytest.raises(UserError, match=r"protocol wide: the metric wide cannot score frames of 13x12 pixels \(.*size"):
        protocol.refuse_size(1, 12, 13)


def test_masks_are_cut_as_the_frames_are(real: Tensor) -> None:
    masked, mask = Masked(), torch.rand(4, 1, 40, 48)
    Protocol("p", "", {"a": masked}, crop=[0, 9], skip_first=1).score(real, real, {"mask": mask})
    assert torch.equal(masked.mask, mask[1:, :, :, 9:39])
    assert masked.fake.shape == (3, 3, 40, 30)


class Pointed(Metric):
    """Keeps the key points that it was given."""

    def __call__(self, fake: Tensor, keypoints: Tensor) -> float:
        self.keypoints = keypoints
        return 0


def test_key_points_are_cut_as_the_frames_are(real: Tensor) -> None:
    """Of 40 x 48 px, 2 rows and 9 columns are cut off at each border: 36 x 30 px are left."""
    metric, points = Pointed(), torch.tensor([[9.0, 2], [38.4, 37.4], [8, 20], [20, 38], [torch.nan, torch.nan]])
    clip = torch.arange(4)[:, None, None] * 0.01 + points
    Protocol("p", "", {"a": metric}, crop=[2, 9], skip_first=1, centre_only=True).score(real, real, {"keypoints": clip})
    assert metric.keypoints.shape == (1, 5, 2)
    torch.testing.assert_close(metric.keypoints[0, :2], points[:2] + 0.02 - torch.tensor([9.0, 2]))
    assert metric.keypoints[0, 2:].isnan().all()


def test_what_the_data_does_not_have_is_named(real: Tensor) -> None:
    with pytest.raises(UserError, match="the metric limbs asks for palette, and there is only fake, mask, real"):
        Protocol("p", "", {"limbs": Colored()}).score(real, real, {"mask": real})
    for metric, cut in ((Painted(), {"crop": 1}), (Colored(), {"skip_first": 1}), (Colored(), {"centre_only": True})):
        with pytest.raises(UserError, match="the metric limbs asks for palette, which fits whole clips only"):
            Protocol("p", "", {"limbs": metric}, **cut)
    borders = Protocol("p", "", {"limbs": Colored()}, crop=1)
    assert borders.score(real, real, {"palette": torch.ones(2, 3)}) == {"limbs": 6}, "it looks at no frames"


@pytest.mark.parametrize("option", WITH_TRUTH, ids=lambda path: path.stem)
def test_every_option_builds_and_scores(option: Path, fake: Tensor, real: Tensor) -> None:
    config = OmegaConf.load(option)
    protocol = instantiate(config)
    assert protocol.name == option.stem
    assert protocol.follows
    made, clip = (torch.cat([frames, frames.flip(0)]).repeat(1, 1, 5, 4) for frames in (fake, real))
    person = SyntheticPersons(1, *clip.shape[-2:]).training[0].to_float()
    maps = {name: person.conditions[name][0] for name in ("parts", "background", "mask")}
    known = {name: part.expand(len(clip), *part.shape[1:]) for name, part in maps.items()}
    known["palette"] = person.conditions["palette"][0]
    known["bits"] = torch.full((len(clip),), 1000.0)
    known["keypoints"] = person.keypoints[0].expand(len(clip), -1, -1)
    scores = protocol.score(made, clip, known) | protocol.combine([protocol.collect(made, clip)])
    assert sorted([*scores, *protocol.left_out]) == sorted(config.metrics)
    assert 0.5 < scores.get("ssim", 0.6) < 1
    assert 20 < scores.get("psnr", 30) < 40


@pytest.mark.parametrize("name", WITHOUT_TRUTH)
def test_every_option_without_a_truth_builds_and_scores(name: str, fake: Tensor, real: Tensor) -> None:
    (config,) = (OmegaConf.load(option) for option in OPTIONS if option.stem == name)
    protocol = instantiate(config)
    assert protocol.name == name
    assert protocol.follows
    made, clip = (torch.cat([frames, frames.flip(0)]).repeat(2, 1, 1, 1)[..., :40, :40] for frames in (fake, real))
    known = {"kind": torch.tensor(2), "video": clip, "source": clip, "cycle": made, "variant": made.flip(0)}
    parts = [protocol.collect(made.roll(step, -1), clip.roll(step, -1)) for step in range(3)]
    scores = protocol.score(made, clip, known) | protocol.combine(parts)
    assert sorted([*scores, *protocol.left_out]) == sorted(config.metrics)
    assert all(math.isfinite(score) for score in scores.values())


@pytest.mark.parametrize("option", TRACKS, ids=lambda path: path.stem)
def test_every_option_for_tracks_builds_and_scores(option: Path) -> None:
    config = OmegaConf.load(option)
    protocol = instantiate(config)
    assert protocol.name == option.stem
    assert config.follows.startswith("vidgan's own")
    real = 100 * torch.rand(8, 18, 2)
    strata = (torch.arange(8)[:, None] % len(STRATA)).expand(-1, 18)
    scores = protocol.score(real + torch.tensor([3.0, 4.0]), real, {"strata": strata})
    assert list(scores) == list(config.metrics)
    assert all(scores[name] == pytest.approx(5, rel=1e-4) for name in scores if name.startswith("mpjpe"))
    assert all(scores[name] == pytest.approx(0, abs=1e-4) for name in scores if "length" in name)


#: Benchmarks as VRT (Liang et al. 2022, section 4) and TecoGAN (Chu et al. 2020, section 5) score them.
BENCHMARKS = {
    "reds4_bi_rgb": ("rgb", "Bicubic", 0, 0, False),
    "vid4_bi_y": ("y", "Bicubic", 0, 0, False),
    "vid4_bd_y": ("y", "BlurDown", 0, 0, False),
    "udm10_bd_y": ("y", "BlurDown", 0, 0, False),
    "vimeo_bi_y": ("y", "Bicubic", 0, 0, True),
    "vimeo_bd_y": ("y", "BlurDown", 0, 0, True),
    "tecogan": ("y", "BlurDown", 2, 2, False),
}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda path: path.stem)
def test_every_option_pins_all_there_is_and_cites(option: Path) -> None:
    config = OmegaConf.load(option)
    pinned = {"color", "crop", "quantize", "skip_first", "skip_last", "centre_only", "metrics", "name", "follows"}
    assert pinned <= set(config)
    assert re.search(r"\b(19|20)\d\d\b|^vidgan's own", config.follows)
    assert ("degradation" in config) == (option.stem in {*BENCHMARKS, "denoising"})


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmarks_are_scored_as_published(name: str) -> None:
    protocol = instantiate(OmegaConf.load(OPTIONS[0].with_stem(name)))
    found = (protocol.color, type(protocol.case.degradation).__name__, protocol.skip_first, protocol.skip_last)
    assert (*found, protocol.centre_only) == BENCHMARKS[name]
    assert protocol.quantize
    assert protocol.case.degradation.scale == 4
    sigma = {"tecogan": 1.5}.get(name, 1.6)
    assert getattr(protocol.case.degradation, "sigma", sigma) == sigma


def test_direction_of_every_metric() -> None:
    assert [m.higher_is_better for m in (PSNR(), SSIM(), TemporalError())] == [True, True, False]
