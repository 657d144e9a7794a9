"""Scores of new video: by hand, and on clips of which the truth is known."""

from collections import Counter

import pytest
import torch

from vidgan.data.shapes.moving import MovingShapeClips, MovingShapes
from vidgan.data.shapes.scene import MOTIONS
from vidgan.errors import UserError
from vidgan.metrics.kernel import KVD, kernel_distance
from vidgan.metrics.novelty import Copied, Diversity, MotionRatio, Novelty, distances
from vidgan.metrics.shapes import ModeCoverage, MotionAccuracy, PathError, ShapeOverlap, read


def clips(stream: str, count: int) -> list[torch.Tensor]:
    made = MovingShapeClips(16, 32, MOTIONS, (stream,))
    return [made[number].to_float().frames[0] for number in range(count)]


def test_a_clip_that_stands_still_has_no_path() -> None:
    still = clips("still", 1)[0][:1].expand(16, -1, -1, -1)
    # The shortest reach, .13 of 32 pixels, by the root of 2 as a motion back and forth spends its time.
    assert PathError()(still, torch.tensor(0)) == pytest.approx(0.13 * 32 / 2**0.5, abs=0.01)


def test_accuracy_and_error_are_of_the_motion_that_was_asked_for() -> None:
    across = clips("asked", 1)[0]
    assert [MotionAccuracy()(across, torch.tensor(kind)) for kind in range(4)] == [1, 0, 0, 0]
    errors = [PathError()(across, torch.tensor(kind)) for kind in range(4)]
    assert errors[0] < 0.2
    assert min(errors[1:]) > 1
    turned = across.transpose(-1, -2)
    assert MotionAccuracy()(turned, torch.tensor(1)) == 1


def test_frames_in_another_order_and_noise_are_no_motion() -> None:
    circle = clips("order", 4)[3]
    shuffled = circle[torch.randperm(16, generator=torch.Generator().manual_seed(0))]
    assert min(read(shuffled).errors) > 2
    noise = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert ShapeOverlap()(noise) < 0.5 < ShapeOverlap()(circle)


def test_coverage_counts_modes_and_takes_bad_clips_off() -> None:
    metric, real = ModeCoverage(), clips("modes", 12)
    parts = [metric.collect(clip, clip) for clip in real]
    assert metric.combine(parts) == pytest.approx(1)
    assert metric.combine([parts[0]] * 12) == pytest.approx(1 / 12)
    assert metric.combine(parts[:6]) == pytest.approx(6 / 12)
    bad = metric.collect(real[0][:1].expand(16, -1, -1, -1), real[0])
    assert bad == Counter([None])
    assert metric.combine([*parts, *[bad] * 12]) == pytest.approx(1 / 2)
    assert metric.combine([bad]) == 0


def test_distances_by_hand() -> None:
    a, b = torch.zeros(1, 4), torch.tensor([[1.0, 1, 1, 1], [2.0, 0, 0, 0]])
    torch.testing.assert_close(distances(a, b), torch.tensor([[1.0, 1.0]], dtype=torch.float64))


def test_training_clips_made_again_are_told_and_held_out_ones_are_not() -> None:
    data = MovingShapes(4, clips=96, eval_clips=96)
    scored = [data.evaluated("test")[number].to_float() for number in range(96)]
    real = [clip.frames[0] for clip in scored]
    held_out = [clip.conditions["held_out"][0] for clip in scored]
    noisy = [(clip + 0.02 * torch.randn(clip.shape, generator=torch.Generator().manual_seed(0))) for clip in real]
    for metric, of_copies, of_others in ((Copied(), (0.99, 1), (0, 0.2)), (Novelty(), (0, 0.35), (0.8, 1.3))):
        for made, (least, most) in ((real, of_copies), (noisy, of_copies), (held_out, of_others)):
            assert least <= metric.combine([metric.collect(*pair) for pair in zip(made, real, strict=True)]) <= most


def test_one_clip_again_and_again_has_no_diversity() -> None:
    real = clips("diverse", 12)
    metric = Diversity()
    assert metric.combine([metric.collect(real[0], clip) for clip in real]) == pytest.approx(0, abs=1e-6)
    assert metric.combine([metric.collect(clip, clip) for clip in real]) == pytest.approx(1)


def test_motion_ratio_by_hand() -> None:
    metric = MotionRatio()
    ramp = torch.arange(5.0)[:, None, None, None].expand(-1, 3, 4, 4) / 10
    assert metric.combine([metric.collect(2 * ramp, ramp)] * 2) == pytest.approx(2)
    assert metric.combine([metric.collect(ramp[:1].expand_as(ramp), ramp)]) == 0
    assert metric.combine([metric.collect(ramp, 0 * ramp)]) != 0  # not a number


def test_the_kernel_distance_by_hand_and_without_bias() -> None:
    # Of x = 0, 0 and y = 1, 1 in one dimension: 1 + 8 - 2.
    assert kernel_distance(torch.zeros(2, 1), torch.ones(2, 1)) == pytest.approx(7)
    random = torch.Generator().manual_seed(0)
    same = [kernel_distance(*torch.randn(2, 10, 4, generator=random).unbind()) for _ in range(400)]
    assert abs(sum(same) / 400) < 3 * torch.tensor(same).std() / 20
    with pytest.raises(UserError, match="needs at least 2 samples"):
        KVD().combine([(torch.zeros(1, 3), torch.zeros(1, 3))])
