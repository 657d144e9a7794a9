import torch
from torch import Tensor

from vidgan.degradations.base import Degradation, quantized
from vidgan.degradations.bicubic import Bicubic
from vidgan.degradations.cutblur import CutBlur
from vidgan.ops.resize import resize
from vidgan.randomness import mix

SEEDS = torch.tensor([mix("clip", index) for index in range(300)])


class Blackout(Degradation):
    def __init__(self, scale: int = 1) -> None:
        super().__init__()
        self.scale = scale

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        return frames[..., :: self.scale, :: self.scale] * 0


def test_a_box_or_what_is_around_it_stays_good_in_all_frames() -> None:
    made = CutBlur(Blackout(), probability=0.5)(torch.ones(300, 2, 3, 20, 40), SEEDS)
    assert torch.equal(made, made[:, :1, :1].expand_as(made))
    good = made[:, 0, 0] == 1
    whole, boxes, frames = 0, 0, 0
    for clip in good:
        if not clip.any():
            whole += 1
            continue
        inside = clip if clip.float().mean() < 0.5 else ~clip
        rows, columns = inside.any(1), inside.any(0)
        assert torch.equal(inside, rows[:, None] & columns)
        assert 0.2 * 20 <= rows.sum() <= 0.7 * 20
        assert rows.sum() / 20 - columns.sum() / 40 < 0.05, "the frame's shape, in whole pixels"
        boxes, frames = boxes + (inside is clip), frames + (inside is not clip)
    assert 124 <= whole <= 176  # three deviations of 8.7
    assert 124 / 2 - 13 < boxes < 176 / 2 + 13
    assert boxes + frames + whole == 300


def test_good_parts_are_as_small_as_the_others() -> None:
    clip = torch.rand(4, 1, 3, 32, 32)
    made = CutBlur(Blackout(4), probability=1.0)(clip, SEEDS[:4])
    small = quantized(resize(clip, (8, 8), "bicubic"))
    assert made.shape == (4, 1, 3, 8, 8)
    assert ((made == small) | (made == 0)).all()
    assert torch.equal(CutBlur(Bicubic(4), 1.0)(clip, SEEDS[:4]), Bicubic(4)(clip, SEEDS[:4]))


def test_without_a_box_it_is_the_degradation() -> None:
    clip = torch.rand(4, 1, 3, 8, 8)
    assert CutBlur(Blackout(), probability=0.0)(clip, SEEDS[:4]).max() == 0
