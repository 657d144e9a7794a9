"""Key points to corrected ones: from file to file, and as a smoother."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from vidgan.errors import UserError
from vidgan.generators.pose_refiner import PoseRefiner
from vidgan.inference.trained import Trained
from vidgan.pose.files import read_poses, write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import BODY_25, COCO_17, OPENPOSE_18
from vidgan.tasks.pose_sequence.use import Refined, refine_poses

SEQUENCE = KeypointSequence(np.random.default_rng(0).uniform(1, 180, (30, 2, 18, 3)).astype(np.float32), OPENPOSE_18)


def trained() -> PoseRefiner:
    """A refiner whose last layer is not zero."""
    torch.manual_seed(0)
    network = PoseRefiner(channels=16, blocks=2, recurrent=8)
    torch.nn.init.normal_(network.tail.weight, std=0.1)
    return network


def test_smoother_keeps_gaps_and_takes_any_size_and_skeleton() -> None:
    refined = Refined(size=186.0, generator=trained())
    points = SEQUENCE.points.copy()
    points[5:9, 0, 3] = points[:, 1, 7] = np.nan
    made = refined(SEQUENCE.with_points(points))
    np.testing.assert_array_equal(np.isnan(made.points), np.isnan(points))
    larger = SEQUENCE.with_points(points * np.array([3, 3, 1], np.float32))
    # Float32 places of up to 600 px, each off by 3e-5, go through five layers of sums of up to a hundred terms.
    np.testing.assert_allclose(refined(larger).points[..., :2], 3 * made.points[..., :2], rtol=0, atol=2e-3)
    alone = points.copy()
    alone[:, 1] = np.nan
    with warnings.catch_warnings(action="error"):
        assert np.isnan(refined(SEQUENCE.with_points(alone)).points[:, 1]).all()
    coco = KeypointSequence(SEQUENCE.points[:, :, :17], COCO_17)
    assert refined(coco).skeleton is OPENPOSE_18
    nobody = np.full((4, 1, 18, 3), np.nan, np.float32)
    assert np.isnan(refined(KeypointSequence(nobody, OPENPOSE_18)).points).all()
    with pytest.raises(UserError, match="needs a run of the task pose_sequence, not a Identity"):
        Refined(size=186.0, generator=torch.nn.Identity())


def test_a_file_is_corrected_as_the_smoother_does_it(tmp_path: Path) -> None:
    write_poses(SEQUENCE, tmp_path / "found.npz")
    network = trained()
    assert refine_poses(tmp_path / "found.npz", tmp_path / "out.npz", trained=Trained(network)) == tmp_path / "out.npz"
    expected = Refined(size=186.0, generator=network)(read_poses(tmp_path / "found.npz"))
    np.testing.assert_array_equal(read_poses(tmp_path / "out.npz").points, expected.points)
    refine_poses(tmp_path / "found.npz", tmp_path / "openpose", trained=Trained(network), skeleton="body_25")
    assert read_poses(tmp_path / "openpose").skeleton is BODY_25


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    write_poses(SEQUENCE, tmp_path / "found.npz")
    (tmp_path / "out.npz").write_bytes(b"mine")
    with pytest.raises(UserError, match=r"output=.*out\.npz is there already; choose another name, or overwrite=true"):
        refine_poses(tmp_path / "found.npz", tmp_path / "out.npz", trained=Trained(trained()))
    assert (tmp_path / "out.npz").read_bytes() == b"mine"
    refine_poses(tmp_path / "found.npz", tmp_path / "out.npz", trained=Trained(trained()), overwrite=True)
    assert len(read_poses(tmp_path / "out.npz")) == len(SEQUENCE)


def test_key_points_of_nobody_are_refused(tmp_path: Path) -> None:
    nobody = np.full_like(SEQUENCE.points, np.nan)
    for points, sentence in ((nobody[:3], "no person is found in any of its 3 frames"), (nobody[:0], "holds no fr")):
        write_poses(SEQUENCE.with_points(points), tmp_path / "found.npz")
        with pytest.raises(UserError, match=rf"input.*found\.npz: {sentence}"):
            refine_poses(tmp_path / "found.npz", tmp_path / "out.npz", trained=Trained(trained()))
    assert [path.name for path in tmp_path.iterdir()] == ["found.npz"]


@pytest.mark.parametrize(
    ("output", "options", "sentence"),
    [
        ("found.npz", {}, "output=.*found.npz is an input itself"),
        ("out.txt", {}, "is no format of key points"),
        ("out.npz", {"size": 0}, "size=0: expected a number above 0"),
        ("out.npz", {"fill": -1}, "fill=-1: expected a whole number from 0"),
        ("out.npz", {"skeleton": "hand"}, "skeleton=hand is unknown"),
    ],
)
def test_mistakes(tmp_path: Path, output: str, options: dict[str, object], sentence: str) -> None:
    write_poses(SEQUENCE, tmp_path / "found.npz")
    with pytest.raises(UserError, match=sentence):
        refine_poses(tmp_path / "found.npz", tmp_path / output, trained=Trained(trained()), **options)
    assert [path.name for path in tmp_path.iterdir()] == ["found.npz"]
