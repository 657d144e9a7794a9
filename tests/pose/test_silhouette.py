"""The size of a body by its bones, and where in a picture it may be, of a body of known size."""

import numpy as np
import pytest

from tests.pose.bodies import standing
from vidgan.pose.silhouette import body_heights, silhouettes
from vidgan.pose.skeleton import OPENPOSE_18


def test_a_bodys_height_is_that_of_its_longest_bones() -> None:
    """Whatever it does: a leg that points at the camera, an arm that is not seen and a frame that is wrong are none."""
    body = np.repeat(standing(200.0)[None], 12, axis=0)
    np.testing.assert_allclose(body_heights(body), 200, rtol=1e-5)
    body[:, OPENPOSE_18.index("left_knee")] = body[:, OPENPOSE_18.index("left_hip")]
    body[:, OPENPOSE_18.index("left_ankle")] = body[:, OPENPOSE_18.index("left_hip")]
    body[:, OPENPOSE_18.index("right_wrist")] = np.nan
    body[6] *= 3
    np.testing.assert_allclose(body_heights(body), 200, rtol=1e-5)
    body[3] = np.nan
    assert np.isnan(body_heights(body)[3])


@pytest.mark.parametrize("angle", [0.0, 1.0, np.pi / 2, np.pi])
def test_a_silhouette_holds_the_body_and_little_else(angle: float) -> None:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    body = (standing(160.0) @ turn.T + 120).astype(np.float32)
    inside = silhouettes(body[None], 240, 240)[0]
    x, y = body.round().astype(int).T
    assert inside[y, x].all()
    assert not inside[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert 0.05 < inside.mean() < 0.25
    elbow, wrist = (body[OPENPOSE_18.index(f"left_{part}")] for part in ("elbow", "wrist"))
    fingers = wrist + 0.7 * (wrist - elbow)  # a hand is 0.74 of a lower arm
    assert inside[round(float(fingers[1])), round(float(fingers[0]))]


def test_gaps_are_bridged_and_nobody_is_nowhere() -> None:
    body = np.stack([standing(100.0) + 60, standing(100.0) + 70, standing(100.0) + 80]).astype(np.float32)
    whole = silhouettes(body, 160, 160)
    body[1] = np.nan
    np.testing.assert_array_equal(silhouettes(body, 160, 160), whole)
    assert not silhouettes(np.full((2, 18, 2), np.nan, np.float32), 30, 20).any()
