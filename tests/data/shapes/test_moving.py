"""Moving shapes: their geometry by hand, and that a clip is a function of its number."""

import math

import pytest
import torch

from vidgan.data.compared import ComparedClips
from vidgan.data.shapes.moving import MovingShapeClips, MovingShapes
from vidgan.data.shapes.scene import MOTIONS, PERIOD, SHAPES, coverage, paths
from vidgan.errors import UserError
from vidgan.metrics.shapes import read


@pytest.mark.parametrize("shape", SHAPES)
def test_all_shapes_have_the_area_of_a_disk_and_its_middle(shape: str) -> None:
    places = torch.tensor([[19.3, 20.6]], dtype=torch.float64)
    (cover,) = coverage(shape, torch.tensor([8.0], dtype=torch.float64), places, 40)
    grid = torch.arange(40, dtype=torch.float64)
    area = cover.sum()
    assert area == pytest.approx(math.pi * 64, rel=0.02)
    assert float((cover.sum(0) * grid).sum() / area) == pytest.approx(19.3, abs=0.05)
    assert float((cover.sum(1) * grid).sum() / area) == pytest.approx(20.6, abs=0.15)


def test_paths_by_hand() -> None:
    swing = torch.tensor([3.0, 0.0], dtype=torch.float64)
    quarter = PERIOD // 4
    across, vertical = (paths(motion, PERIOD)[0] @ swing for motion in ("across", "vertical"))
    torch.testing.assert_close(across[[0, quarter, 2 * quarter]], across.new_tensor([[3, 0], [0, 0], [-3, 0]]))
    torch.testing.assert_close(vertical, across.flip(-1))
    clockwise, other = paths("circle", PERIOD) @ swing
    torch.testing.assert_close(clockwise.norm(dim=-1), torch.full((PERIOD,), 3.0, dtype=torch.float64))
    torch.testing.assert_close(clockwise[:, 1], -other[:, 1])
    down, up = paths("diagonal", PERIOD) @ swing
    torch.testing.assert_close(down[:, 0], down[:, 1])
    torch.testing.assert_close(up[:, 0], -up[:, 1])


def test_real_clips_are_read_as_what_they_are() -> None:
    clips = MovingShapeClips(16, 32, MOTIONS, ("test",))
    for number in range(48):
        clip = clips[number].to_float()
        reading = read(clip.frames[0])
        assert reading.motion == int(clip.conditions["kind"]) == number % 4
        assert reading.shape == number // 4 % 3
        assert min(reading.errors) < 0.3
        assert max(reading.overlaps) > 0.9


def test_nothing_touches_the_border() -> None:
    clips = MovingShapeClips(16, 32, MOTIONS, ("border",))
    for number in range(100):
        frames = clips[number].frames[0]
        border = torch.cat([frames[..., 0, :], frames[..., -1, :], frames[..., 0], frames[..., -1]], -1)
        assert (border == border[..., :1]).all()


def test_training_repeats_its_clips_and_never_its_noise() -> None:
    data = MovingShapes(4, clips=6, eval_clips=3)
    two_epochs = [data.training[number] for number in range(12)]
    different = {clip.frames.numpy().tobytes() for clip in two_epochs}
    assert len(different) == 6
    assert {clip.frames.numpy().tobytes() for clip in two_epochs[:6]} == different
    assert len({int(clip.seeds) for clip in two_epochs}) == 12
    again = MovingShapes(4, clips=6).training[7]
    assert torch.equal(again.frames, two_epochs[7].frames)


def test_what_is_scored_is_compared_with_training_clips_and_controlled_by_others() -> None:
    data = MovingShapes(4, clips=6, eval_clips=12)
    trained = {data.training[number].frames.numpy().tobytes() for number in range(6)}
    scored = data.evaluated("test")
    assert isinstance(scored, ComparedClips)
    assert len(scored) == 12
    for number in range(12):
        clip = scored[number]
        assert clip.frames.numpy().tobytes() in trained
        assert clip.conditions["held_out"].numpy().tobytes() not in trained
        assert read(clip.to_float().conditions["held_out"][0]).motion == int(clip.conditions["kind"])
    validated = data.evaluated("val")[0]
    assert not torch.equal(validated.conditions["held_out"], scored[0].conditions["held_out"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"classes": ["spiral"]}, "data.classes: spiral is no motion; there are across, vertical, diagonal, circle"),
        ({"classes": []}, "data.classes: none is no motion"),
        ({"frames": 0}, "data.frames=0: moving shapes need 1 or more"),
        ({"patch": 8}, "data.patch=8: moving shapes need 16 or more"),
        ({"clips": 0}, "data.clips=0: moving shapes need 1 or more"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        MovingShapes(4, **given)  # type: ignore[arg-type]  # wrong on purpose
