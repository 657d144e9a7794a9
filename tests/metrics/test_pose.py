"""PCK and PCKh by hand, of persons that an estimator was told to find."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from numpy.typing import NDArray
from omegaconf import OmegaConf

from tests.pose.boxes import Boxes, boxes
from vidgan.config.paths import CONF
from vidgan.metrics.pose import PCK, PCKh
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.estimators.blazepose import BlazePose
from vidgan.pose.sequence import convert
from vidgan.pose.skeleton import COCO_17, OPENPOSE_18

HEAD = {0: (30, 10), 1: (30, 20), 14: (28, 8), 15: (32, 8), 16: (25, 9), 17: (35, 9)}  # 10 wide, 12 high
Person = NDArray[np.float32]


class WithNoiseMap(PoseEstimator):
    """Finds what it was told to, frame by frame."""

    skeleton = OPENPOSE_18

    def __init__(self, *frames: list[Person]) -> None:
        self.frames = list(frames)

    def __call__(self, frame: NDArray[np.uint8]) -> Person:
        assert frame.shape == (64, 48, 3)
        people = self.frames.pop(0)
        return np.stack(people) if people else np.zeros((0, 18, 3), np.float32)


def person(confidence: float = 1.0, **moved: tuple[float, float]) -> Person:
    points = np.full((18, 3), np.nan, np.float32)
    for index, place in {**HEAD, 4: (10, 40), 7: (50, 40)}.items():
        points[index] = (*place, confidence)
    for index, (dx, dy) in moved.items():
        points[int(index[1:]), :2] += (dx, dy)
    return points


def pckh(wanted: Person, *frames: list[Person]) -> float:
    keypoints = torch.from_numpy(np.stack([wanted[:, :2]] * len(frames)))
    return PCKh(lambda: WithNoiseMap(*frames))(torch.rand(len(frames), 3, 64, 48), keypoints)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (person(), 8),
        (person(p4=(4.9, 0), p7=(0, 5.9)), 8),
        (person(p4=(5.1, 0)), 7),
        (person(p7=(0, -6.1)), 7),
        (person(p4=(np.nan, np.nan)), 7),
    ],
)
def test_half_of_the_heads_width_and_height_decide(found: Person, right: int) -> None:
    assert pckh(person(), [found]) == pytest.approx(100 * right / 8)


def test_the_surest_person_counts_and_nobody_is_wrong() -> None:
    assert pckh(person(), [person(0.4), person(0.9, p4=(9, 9))]) == pytest.approx(100 * 7 / 8)
    assert pckh(person(), [person()], []) == 50


def test_without_a_head_nothing_counts() -> None:
    headless = person()
    headless[[0, 1, 14, 15, 16]] = np.nan
    assert math.isnan(pckh(headless, [person()]))


def test_a_share_of_the_longer_side_decides() -> None:
    wanted = np.array([[0.0, 0], [100, 50], [20, 20], [np.nan, np.nan]])
    found = np.array([[6.0, 8], [100, 60.1], [np.nan, np.nan], [1, 1]])
    near = PCK(Boxes, share=0.1).near(found, wanted)
    assert near.tolist() == [True, False, False]  # 10 px of a box of 100 px are near enough, 10.1 are not
    assert PCK(Boxes, share=0.11).near(found, wanted).tolist() == [True, True, False]


def clip_and_poses() -> tuple[torch.Tensor, torch.Tensor]:
    frames = boxes(3, (10, 8, 24, 70))
    points = np.stack([convert(Boxes()(frame), COCO_17, OPENPOSE_18)[0, :, :2] for frame in frames])
    return torch.from_numpy(frames).permute(0, 3, 1, 2) / 255, torch.from_numpy(points)


def test_pck_of_persons_where_they_should_be_and_where_not() -> None:
    frames, poses = clip_and_poses()
    pck = PCK(Boxes, enlarge=3)
    assert pck(frames, poses) == 100
    assert pck(frames.roll(6, -1), poses) == 100  # a tenth of 69 px
    assert pck(frames.roll(9, -1), poses) == 0
    assert pck(torch.zeros_like(frames), poses) == 0
    third = torch.cat([frames[:1], torch.zeros_like(frames[1:])])
    assert pck(third, poses) == pytest.approx(100 / 3)
    assert math.isnan(pck(frames, torch.full_like(poses, torch.nan)))


def test_an_estimator_that_is_not_there_is_left_out(tmp_path: object) -> None:
    assert PCK(Boxes).available
    assert not PCK(partial(BlazePose, models=str(tmp_path))).available


@pytest.mark.parametrize(("name", "columns"), [("pose_market", 0), ("pose_deepfashion", 40)])
def test_published_protocols_ask_the_estimator_about_what_they_score(name: str, columns: int) -> None:
    """The borders that a protocol cuts off are cut off the key points, too; without the estimator PCKh is left out."""
    config = OmegaConf.load(CONF / f"protocols/{name}.yaml")
    assert "pckh" in instantiate(config).left_out
    config.metrics.pckh.estimator = {"_target_": "tests.pose.boxes.Boxes", "_partial_": True}
    frames, poses = clip_and_poses()
    padded = torch.nn.functional.pad(frames, (columns, columns))
    scores = instantiate(config).score(
        padded, padded, {"keypoints": poses + torch.tensor([columns, 0]), "mask": padded[:, :1]}
    )
    assert scores["pckh"] == 100
