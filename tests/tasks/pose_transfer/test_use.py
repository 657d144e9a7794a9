"""A picture of a person and a pose to a picture: from files to files."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.pose.boxes import Boxes, boxes
from vidgan.data.pictures import decode_image
from vidgan.errors import UserError
from vidgan.generators.limb_transport import LimbTransport
from vidgan.inference.trained import Trained
from vidgan.pose.files import write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import COCO_17
from vidgan.tasks.pose_transfer.use import transfer_pose
from vidgan.video.writer import encode_picture


@pytest.fixture
def trained() -> Trained:
    torch.manual_seed(0)
    return Trained(LimbTransport(channels=4).eval(), recorded={"data": {"height": 32, "width": 24}})


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A person, and somebody else in another pose."""
    (tmp_path / "me.png").write_bytes(encode_picture(boxes(1, (30, 20, 24, 60))[0], ".png"))
    (tmp_path / "pose.png").write_bytes(encode_picture(boxes(1, (5, 10, 50, 30))[0], ".png"))
    return tmp_path


def test_a_picture_and_the_key_points_found_in_it_give_the_same(trained: Trained, pictures: Path) -> None:
    me, pose = pictures / "me.png", pictures / "pose.png"
    made = transfer_pose(me, pose, pictures / "out.png", trained=trained, estimator=Boxes())
    picture = decode_image(made.read_bytes(), "made")
    assert picture.shape == (32, 24, 3)
    found = Boxes()(decode_image(pose.read_bytes(), "pose"))
    write_poses(KeypointSequence(found[None], COCO_17, (128, 96), Fraction(10)), pictures / "pose.npz")
    other = transfer_pose(me, pictures / "pose.npz", pictures / "again.png", trained=trained, estimator=Boxes())
    np.testing.assert_array_equal(picture, decode_image(other.read_bytes(), "other"))


def test_several_poses_are_a_folder_of_pictures(trained: Trained, pictures: Path) -> None:
    points = np.random.default_rng(0).uniform(5, 80, (5, 1, 17, 3)).astype(np.float32)
    points[..., 2] = 0.9
    write_poses(KeypointSequence(points, COCO_17, (128, 96)), pictures / "poses.npz")
    given = {"trained": trained, "estimator": Boxes(), "retarget": False}
    whole = transfer_pose(pictures / "me.png", pictures / "poses.npz", pictures / "whole", **given, chunk=5)
    parts = transfer_pose(pictures / "me.png", pictures / "poses.npz", pictures / "parts", **given, chunk=2)
    names = sorted(path.name for path in whole.iterdir())
    assert len(names) == 5
    assert all((whole / name).read_bytes() == (parts / name).read_bytes() for name in names)
    with pytest.raises(UserError, match=r"one\.png is one picture, and pose=.*poses\.npz has 5 poses; give a video"):
        transfer_pose(pictures / "me.png", pictures / "poses.npz", pictures / "one.png", **given)
    assert not (pictures / "one.png").exists()


def test_mistakes(trained: Trained, pictures: Path) -> None:
    def refused(source: str = "me.png", pose: str = "pose.png", output: str = "out.png", **options: object) -> str:
        given = {"trained": trained, "estimator": Boxes(), **options}
        with pytest.raises(UserError) as error:
            transfer_pose(pictures / source, pictures / pose, pictures / output, **given)
        return str(error.value)

    (pictures / "nobody.png").write_bytes(encode_picture(boxes(1)[0], ".png"))
    before = sorted(pictures.iterdir())
    assert "nobody.png: no person is found" in refused(source="nobody.png")
    assert "nobody.png: no person is found in any of its 1 frames" in refused(pose="nobody.png")
    assert "is an input itself" in refused(output="pose.png")
    assert "pose=" in refused(pose="nothing.png")
    assert "give height= and width=" in refused(trained=Trained(trained.network))
    assert "height=0: expected a whole number" in refused(height=0)
    assert "width=16385: expected a whole number from 1 to 16,384" in refused(width=16385)
    # Told before anybody is looked for.
    assert "name it .mov or .mkv" in refused(pose="nobody.png", output="out.mp4", codec="prores")
    assert "Identity is no network of the task pose_transfer" in refused(trained=Trained(torch.nn.Identity()))
    for estimator in (None, "blazepose", Boxes):
        assert "expected an object, not its name or its class" in refused(estimator=estimator)
    assert sorted(pictures.iterdir()) == before
