"""One body's movement in another's place, by bodies of known size, place and proportions."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.pose.bodies import standing
from vidgan.errors import UserError
from vidgan.pose.feet import in_the_air, sliding
from vidgan.pose.feet import standing as stands
from vidgan.pose.retarget import Retargeting
from vidgan.pose.sequence import Points
from vidgan.pose.silhouette import body_heights
from vidgan.pose.skeleton import OPENPOSE_18

J = OPENPOSE_18.index
ARMS = [J(f"{side}_{part}") for side in ("left", "right") for part in ("elbow", "wrist")]
LEGS = [J(f"{side}_{part}") for side in ("left", "right") for part in ("hip", "knee", "ankle")]
ANKLE = J("left_ankle")


def waving(frames: int, height: float, at: tuple[float, float] = (100.0, 100.0)) -> Points:
    """(T, 18, 2): a body that stands and swings its arms, another pose in each frame."""
    points = np.repeat(standing(height)[None], frames, 0)
    swing = height * 0.15 * np.sin(np.arange(frames) / 3)
    points[:, ARMS, 0] += swing[:, None]
    points[:, ARMS, 1] -= np.abs(swing)[:, None]
    return (points + np.array(at)).astype(np.float32)


def jumping(frames: int, share: float, rise: float) -> Points:
    """One that is in the air in a share of its frames, ``rise`` pixels high."""
    points = waving(frames, 200.0)
    flight = np.sin(np.linspace(0, np.pi, round(share * frames) + 2)[1:-1])
    points[10 : 10 + len(flight), :, 1] -= rise * flight[:, None].astype(np.float32)
    return points


def moved(moves: Points, target: Points) -> Points:
    return Retargeting.between(moves, target)(moves)


@pytest.mark.parametrize(("number", "error"), [(0, 0.8), (3, 0.8), (17, 0.1), (36, 0.8)])
def test_the_own_film_on_any_of_its_pictures_is_as_it_was(number: int, error: float) -> None:
    """In the air too, with what key points err by: size and places within a fiftieth."""
    film = jumping(40, 0.3, 120.0)
    noise = np.random.default_rng(number).normal(0, error, film.shape).astype(np.float32)
    again = moved(film + noise, film[number : number + 1])
    np.testing.assert_allclose(body_heights(again), body_heights(film + noise), rtol=0.02)
    assert np.abs(again - film - noise).max() < 0.02 * 200


def test_all_is_scaled_and_put_where_the_other_stands() -> None:
    child, adult = waving(30, 80.0), 2.5 * waving(30, 80.0)[7:8] + np.array([40.0, -20.0], np.float32)
    np.testing.assert_allclose(moved(child, adult), 2.5 * child + [40, -20], atol=1e-2)
    np.testing.assert_allclose(moved(child, np.concatenate([adult] * 4)), 2.5 * child + [40, -20], atol=1e-2)


@pytest.mark.parametrize("share", [0.04, 0.06, 0.12, 0.4])
def test_jumps_stay_jumps(share: float) -> None:
    """In any share of the frames they are as high, in heights of the body, and over the same ground."""
    jumper, other = jumping(100, share, 150.0), waving(1, 100.0, (300.0, 250.0))
    landed = moved(jumper, other)
    rises = landed[0, ANKLE, 1] - landed[:, ANKLE, 1].min()
    assert rises == pytest.approx(150 * 0.5 * (jumper[0, ANKLE, 1] - jumper[:, ANKLE, 1].min()) / 150, rel=0.02)
    assert landed[0, ANKLE, 1] == pytest.approx(other[0, ANKLE, 1], abs=1)
    assert landed[-1, ANKLE, 1] == pytest.approx(other[0, ANKLE, 1], abs=1)


def test_a_pose_in_the_air_is_not_taken_for_one_on_the_ground() -> None:
    """The jumper's pose is most like the other's in the air, and nearly so on the ground."""
    jumper = jumping(60, 0.3, 150.0)
    for ground in (slice(10), slice(28, 60)):
        jumper[ground, ARMS, 0] += 60
    jumper[40] = jumper[18] + [3.0, 150.0 * np.sin(np.pi * 9 / 19)]
    jumper[40, ARMS] += 3.0
    other = waving(60, 100.0, (300.0, 250.0))[18:19]  # the pose of the middle of the jump, but for half a pixel
    other[0, ARMS] += 0.5
    landed = moved(jumper, other)
    assert landed[0, ANKLE, 1] == pytest.approx(other[0, ANKLE, 1], abs=3)


def test_walking_towards_the_camera_stays() -> None:
    nearer = np.stack(
        [standing(80.0 + 80 * share) + np.array((200, 150 + 60 * share)) for share in np.linspace(0, 1, 40)]
    )
    heights = body_heights(moved(nearer.astype(np.float32), waving(1, 60.0)))
    assert heights[-1] / heights[0] == pytest.approx(2, rel=0.1)  # a median over time shortens both ends


def longer(points: Points, arms: float, trunk: float) -> Points:
    """Those with other arms and another trunk; the legs stay, and what is above the hips goes along."""
    hips = points[:, [J("left_hip"), J("right_hip")]].mean(1)
    made = points.copy()
    rise = (trunk - 1) * (points[:, J("neck")] - hips)
    above = [index for index in range(18) if index not in LEGS]
    made[:, above] += rise[:, None]
    for side in ("left", "right"):
        shoulder, elbow, wrist = (J(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist"))
        upper, lower = points[:, elbow] - points[:, shoulder], points[:, wrist] - points[:, elbow]
        made[:, elbow] = made[:, shoulder] + arms * upper
        made[:, wrist] = made[:, elbow] + arms * lower
    return made


@pytest.mark.parametrize("pick", [lambda film: film, lambda film: film[33:34]], ids=["film", "picture"])
def test_proportions_are_the_targets(pick: Callable[[Points], Points]) -> None:
    """Up to what key points err by, a twentieth, which is not taken for a proportion; feet stay where they are."""
    mover = waving(40, 150.0)
    target = longer(mover, arms=0.8, trunk=1.3)
    made = moved(mover, pick(target))
    np.testing.assert_allclose(made[:, LEGS], mover[:, LEGS], atol=0.06 * 150)

    def length(points: Points, start: str, stop: str) -> float:
        return float(np.hypot(*(points[:, J(start)] - points[:, J(stop)]).T).mean())

    for start, stop in (("neck", "left_hip"), ("left_shoulder", "left_elbow"), ("right_elbow", "right_wrist")):
        assert length(made, start, stop) == pytest.approx(length(target, start, stop), rel=0.08)
    assert length(made, "left_hip", "left_knee") == pytest.approx(length(target, "left_hip", "left_knee"), rel=0.05)


def test_missing_key_points_stay_missing_and_take_nothing_along() -> None:
    mover = waving(20, 100.0)
    mover[3, J("left_elbow")] = np.nan
    mover[4, J("neck")] = np.nan
    made = moved(mover, longer(mover, 1.0, 1.4)[9:10])
    np.testing.assert_array_equal(np.isnan(made), np.isnan(mover))


def test_bodies_that_have_nothing_in_common_are_refused() -> None:
    upper, lower = waving(5, 100.0), waving(5, 100.0)
    upper[:, LEGS] = np.nan
    lower[:, [index for index in range(18) if index not in LEGS]] = np.nan
    with pytest.raises(UserError, match="No pose has 5 key points in common"):
        Retargeting.between(upper, lower)
    assert Retargeting.between(upper, waving(1, 200.0)).scale == pytest.approx(2, rel=0.01)


def test_feet_in_the_air_and_on_the_ground() -> None:
    jumper = jumping(60, 0.25, 100.0)
    flight = jumper[0, ANKLE, 1] - jumper[:, ANKLE, 1] > 0.06 * 200
    assert 10 < flight.sum() < 16
    np.testing.assert_array_equal(in_the_air(jumper), flight)
    contacts = stands(jumper)
    assert not contacts[flight].any()
    assert contacts[40:].all()
    assert sliding(jumper[40:], contacts[40:]) == 0
    skating = jumper + np.arange(60)[:, None, None] * np.array([2.0, 0.0])
    assert sliding(skating[40:].astype(np.float32), contacts[40:]) == pytest.approx(0.01, rel=1e-3)
    assert not in_the_air(np.full((4, 18, 2), np.nan, np.float32)).any()
