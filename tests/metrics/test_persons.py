"""Metrics on persons, by hand and on synthetic ones; the traps of evaluating pose transfer."""

import math

import kornia
import pytest
import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.data.persons.synthetic import SyntheticPersons
from vidgan.errors import UserError
from vidgan.metrics.limbs import LeftRight, LimbColor
from vidgan.metrics.masked import BackgroundPSNR, MaskL1, MaskPSNR, MaskSSIM
from vidgan.metrics.psnr import PSNR
from vidgan.metrics.ssim import SSIM
from vidgan.protocols.protocol import Protocol


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    test = SyntheticPersons(1).evaluated("test")
    return [test[number].to_float() for number in range(20)]


def limbs(clip: Clip, fake: Tensor) -> tuple[float, float]:
    known = {name: clip.conditions[name][0] for name in ("parts", "palette", "background")}
    return LimbColor()(fake, **known), LeftRight()(fake, known["parts"], known["palette"])


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_masked_l1_by_hand() -> None:
    fake, real = torch.zeros(1, 3, 2, 2), torch.tensor([0.2, 0.4, 0.6, 0.8]).view(1, 1, 2, 2).expand(1, 3, 2, 2)
    mask = torch.tensor([1.0, 0, 1, 0]).view(1, 1, 2, 2)
    assert MaskL1()(fake, real, mask) == pytest.approx((0.2 + 0.6) / 2)


def test_psnr_inside_of_a_mask_by_hand() -> None:
    """Frames in which nothing is inside do not count, and of all pixels it is PSNR."""
    fake, real = torch.zeros(2, 3, 2, 2), torch.full((2, 3, 2, 2), 0.1)
    real[0, :, 0, 0] = 0.5
    mask = torch.zeros(2, 1, 2, 2)
    mask[0, :, 0] = 1
    assert MaskPSNR()(fake, real, mask) == pytest.approx(-10 * math.log10((0.25 + 0.01) / 2))
    assert MaskPSNR()(fake, real, torch.ones_like(mask)) == pytest.approx(PSNR()(fake, real))


def test_masked_ssim_is_the_mean_of_the_map_inside_of_the_mask(clips: list[Clip]) -> None:
    clip = clips[0]
    fake, real, mask = clip.conditions["source"][0], clip.frames[0], clip.conditions["mask"][0]
    whole = kornia.metrics.ssim(fake.double(), real.double(), 11, max_val=1.0, eps=0.0)
    expected = whole[mask.expand_as(whole) > 0].mean()
    assert MaskSSIM()(fake, real, mask) == pytest.approx(float(expected), rel=1e-12)
    assert MaskSSIM()(real, real, mask) == pytest.approx(1)


def test_what_lies_outside_of_the_mask_does_not_count(clips: list[Clip]) -> None:
    real, mask = clips[0].frames[0], clips[0].conditions["mask"][0]
    beyond = torch.nn.functional.max_pool2d(mask, 11, stride=1, padding=5)  # half a window around the person
    changed = torch.where(beyond > 0, real, torch.rand_like(real))
    assert MaskSSIM()(changed, real, mask) == pytest.approx(1)
    assert MaskL1()(changed, real, mask) == 0
    assert SSIM()(changed, real) < 0.9


def test_trap_zero_filled_masks_inflate_ssim(clips: list[Clip]) -> None:
    """Copying the source looks fine where black outside of the mask counts as made; averaged inside it does not."""
    zero_filled, inside = [], []
    for clip in clips:
        source, real, mask = clip.conditions["source"][0], clip.frames[0], clip.conditions["mask"][0]
        zero_filled.append(SSIM()(source * mask, real * mask))
        inside.append(MaskSSIM()(source, real, mask))
    assert mean(zero_filled) > 0.7
    assert mean(inside) < 0.4


def test_trap_the_mask_is_the_targets(clips: list[Clip]) -> None:
    """What a clip gives the metrics covers all of the target; the source's person lies elsewhere, in every clip."""
    for clip in clips:
        mask, source = clip.conditions["mask"][0], clip.conditions["source"][0]
        assert (mask[(clip.conditions["parts"][0] >= 0)[:, None]] == 1).all()
        person = (source - clip.conditions["background"][0]).abs().amax(1, keepdim=True) > 0.1
        assert not (mask[person] == 1).all()


def test_an_empty_mask_is_refused() -> None:
    frames = torch.rand(1, 3, 16, 16)
    for metric in (MaskSSIM(), MaskL1()):
        with pytest.raises(UserError, match="no key point of its target lies in the frame"):
            metric(frames, frames, torch.zeros(1, 1, 16, 16))


def test_limbs_by_hand() -> None:
    """Two thighs of nine pixels: one in its color, the other in that of the first."""
    palette = torch.zeros(10, 3)
    palette[0], palette[2], palette[1] = torch.tensor([0.8, 0, 0]), torch.tensor([0.6, 0, 0]), torch.ones(3)
    parts = torch.full((1, 8, 8), -1)
    parts[0, :3, :3], parts[0, 4:7, :3], parts[0, 7, 7] = 0, 2, 1  # a single pixel of a shank is not visible
    fake = torch.zeros(1, 3, 8, 8)
    fake[:, 0, :, :3] = 0.79
    background = torch.full((1, 3, 8, 8), 0.5)
    assert LimbColor()(fake, parts, palette, background) == 50
    assert LeftRight()(fake, parts, palette) == 50
    background[:] = torch.tensor([0.79, 0, 0]).view(3, 1, 1)
    assert LimbColor()(fake, parts, palette, background) == 0
    nobody = torch.full_like(parts, -1)
    assert math.isnan(LimbColor()(fake, nobody, palette, background))
    assert math.isnan(LeftRight()(fake, nobody, palette))


def test_trap_controls_separate_what_ssim_does_not(clips: list[Clip]) -> None:
    """Ground truth, copied source and background alone: limb color tells them apart where SSIM prefers no person."""
    made = {
        "truth": [clip.frames[0] for clip in clips],
        "copy": [clip.conditions["source"][0] for clip in clips],
        "background": [clip.conditions["background"][0] for clip in clips],
    }
    color, ssim = {}, {}
    for name, fakes in made.items():
        color[name] = mean([limbs(clip, fake)[0] for clip, fake in zip(clips, fakes, strict=True)])
        ssim[name] = mean([SSIM()(fake, clip.frames[0]) for clip, fake in zip(clips, fakes, strict=True)])
    assert color["truth"] > 95
    assert color["background"] == 0
    assert 5 < color["copy"] < 30
    assert ssim["background"] > ssim["copy"]
    assert mean([limbs(clip, clip.frames[0])[1] for clip in clips]) > 95


def test_trap_a_mirrored_person_has_left_and_right_confused(clips: list[Clip]) -> None:
    """Recoloring every limb as the other side's leaves shapes alone and turns the rate around."""
    rates = []
    for clip in clips:
        parts, palette = clip.conditions["parts"][0], clip.conditions["palette"][0]
        swapped = palette[[2, 3, 0, 1, 4, 7, 8, 5, 6, 9]]
        colors = swapped[parts.clamp(min=0).long()].permute(0, 3, 1, 2)
        painted = torch.where(parts[:, None] >= 0, colors, clip.frames[0])
        rates.append(limbs(clip, painted)[1])
    assert mean(rates) == 0


def test_trap_white_padding_inflates_ssim() -> None:
    """DeepFashion's pictures of 176 x 256 lie between 40 white columns on each side: the protocol cuts them off."""
    generator = torch.Generator().manual_seed(0)
    real = torch.rand(1, 3, 64, 44, generator=generator)
    fake = (real + 0.3 * torch.randn(real.shape, generator=generator)).clamp(0, 1)
    padded = [torch.nn.functional.pad(frames, (10, 10), value=1.0) for frames in (fake, real)]
    ssim = {"ssim": SSIM()}
    bare = Protocol("p", "", ssim).score(fake, real)["ssim"]
    assert Protocol("p", "", ssim).score(*padded)["ssim"] > bare + 0.05
    assert Protocol("p", "", ssim, crop=(0, 10)).score(*padded)["ssim"] == pytest.approx(bare)


def test_trap_psnr_of_bytes_does_not_overflow() -> None:
    """A difference of -200 levels wraps around in uint8; the protocol scores floats of the same bytes."""
    fake, real = torch.zeros(1, 3, 16, 16, dtype=torch.uint8), torch.full((1, 3, 16, 16), 200, dtype=torch.uint8)
    scores = Protocol("p", "", {"psnr": PSNR()}).score(fake.float() / 255, real.float() / 255)
    assert scores["psnr"] == pytest.approx(20 * torch.tensor(255 / 200).log10().item(), rel=1e-5)


def test_the_background_begins_beyond_the_masks_margin() -> None:
    """A person of one pixel and a margin of two: what is wrong there does not count, and beyond alone it does."""
    real, mask = torch.zeros(1, 3, 7, 9), torch.zeros(1, 1, 7, 9)
    mask[..., 3, 3] = 1
    fake = real.clone()
    fake[..., 1:6, 1:6] = 1.0
    assert BackgroundPSNR(2)(fake, real, mask) == math.inf
    fake[..., 0, 0] = 0.5
    assert BackgroundPSNR(2)(fake, real, mask) == pytest.approx(-10 * math.log10(0.25 / (63 - 25)))
