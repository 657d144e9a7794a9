"""A person of a picture and the poses that it is to be shown in, as a network takes them.

The key points of a whole movement are found first, 400 bytes a frame, so that one body's movement can be put on
another's place.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from inspect import signature
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vidgan.console import say
from vidgan.data.persons.film import Film
from vidgan.engine.progress import counted
from vidgan.errors import UserError
from vidgan.inference.inputs import Input, open_input
from vidgan.inference.new_video import refuse_picture
from vidgan.inference.options import PersonOptions
from vidgan.inference.people import find_people, refuse_nobody, refuse_outside
from vidgan.inference.stage import stage
from vidgan.inference.trained import Trained
from vidgan.inference.video_options import encoding, reading
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.feet import sliding, standing
from vidgan.pose.files import is_pose_file, read_poses
from vidgan.pose.person_tracking import persons_in
from vidgan.pose.retarget import Retargeting
from vidgan.pose.sequence import KeypointSequence, Points
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.video.playback import Playback
from vidgan.video.reader import Frames
from vidgan.video.writer import FrameWriter, writer


@dataclass(frozen=True)
class Movement:
    """One person's poses.

    Attributes:
        poses: (T, 1, K, 3).
        key: what the command line calls where they come from.
        path: where they come from.
        video: the same, where that is a video; its sound and times belong to what is made.
    """

    poses: KeypointSequence
    key: str
    path: Path
    video: Playback | None = None

    def __len__(self) -> int:
        return len(self.poses)


@dataclass(frozen=True)
class Figure:
    """A person in a picture.

    Attributes:
        picture: (H, W, 3) uint8 RGB.
        pose: (1, 1, 18, 3).
        key: what the command line calls the picture.
        path: of the picture.
    """

    picture: Frames
    pose: KeypointSequence
    key: str
    path: Path


@dataclass(frozen=True)
class Conditions:
    """What a generator of persons is given, on its device.

    Attributes:
        source: (1, 1, 3, H, W) in [0, 1].
        source_keypoints: (1, 1, 18, 2) in pixels, missing ones NaN.
        target_keypoints: (1, T, 18, 2) likewise.
        scene: (1, 1, 3, H, W) in [0, 1], what is behind the person; None where the picture is of no film that the run
            knows.
    """

    source: Tensor
    source_keypoints: Tensor
    target_keypoints: Tensor
    scene: Tensor | None = None


def movement(
    path: Path, key: str, options: PersonOptions, progress: bool = False, num_frames: int | None = None
) -> Movement:
    """The poses of a person of a video or a picture, or of key points.

    Args:
        path: where they are.
        key: what the command line calls it.
        options: how people are found.
        progress: whether a bar shows how far the search is.
        num_frames: the first so many; None for all.

    Raises:
        UserError: nobody is found, or not as many as are asked for, or nothing can be read.
    """
    video: Playback | None = None
    if is_pose_file(path):
        poses = read_poses(path)
        poses = poses.with_points(poses.points[: _count(len(poses), num_frames, key, path)])
        if poses.points.shape[1] > 1 or options.person is not None:
            poses = _one_person(poses, options.person, f"{key}={path}")
    else:
        given = open_input(path, key, reading(options))
        given, video = _first(given, _count(given.count, num_frames, key, path)), given.video
        poses = find_people(options.estimator, given, progress)
        poses = _one_person(poses, options.person, f"{key}={path}")
    poses = poses.surer(options.confidence)
    refuse_nobody(poses, f"{key}={path}")
    refuse_outside(poses, path)
    return Movement(poses, key, path, video)


def figure(path: Path, key: str, options: PersonOptions, progress: bool = False) -> Figure:
    """The person of a picture; of a video the frame in which its pose is surest.

    Args:
        path, key, options, progress: as of :func:`movement`.

    Raises:
        UserError: nobody or more than one is found, or nothing can be read.
    """
    given, best = open_input(path, key, reading(options)), None
    estimator: PoseEstimator = options.estimator
    for frame in counted(given.frames, given.count, key, progress and given.count > 1):
        size = frame.shape[1], frame.shape[0]
        found = KeypointSequence(estimator(frame)[None], estimator.skeleton, size).surer(options.confidence)
        found = found.with_points(found.points[:, found.present[0].any(-1)])
        if found.points.shape[1] > 1:
            raise UserError(f"{key}={path} shows {found.points.shape[1]} persons; crop it to one person.")
        if found.points.shape[1] and (best is None or _sureness(found) > _sureness(best[1])):
            best = frame, found
    if best is None:
        raise UserError(f"{key}={path}: no person is found; give a picture that shows the whole body.")
    return Figure(best[0], best[1].converted(OPENPOSE_18), key, path)


def conditions(person: Figure, moves: Movement, trained: Trained, options: PersonOptions) -> Conditions:
    """The person and the poses in frames of the network's size, around both.

    Raises:
        UserError: the size is not known, or a pose cannot be put where the other stands.
    """
    poses = moves.poses.converted(OPENPOSE_18)
    own, moved = (sequence.points[:, 0, :, :2] for sequence in (person.pose, poses))
    film = Film.of(trained.knowledge)
    if options.retarget:
        body = film.points if film is not None and film.shows(person.picture, own[0]) else own
        moved = _retargeted(moved, body, f"{moves.key}={moves.path}")
    shown = stage(person.picture, own[0], moved, film, *_size(trained, options))
    framing, device = shown.framing, trained.device
    return Conditions(
        _as_clip(framing.frame(person.picture)).to(device),
        torch.from_numpy(framing.points(own))[None].to(device),
        torch.from_numpy(framing.points(moved))[None].to(device),
        None if shown.scene is None else _as_clip(shown.scene).to(device),
    )


def refuse_others(network: nn.Module, call: str, given: int, task: str) -> None:
    """
    Args:
        network: of a run or a file.
        call: its method that makes frames.
        given: how many arguments that takes.
        task: whose networks do.

    Raises:
        UserError: it has none, or one of other arguments: it has learned something else.
    """
    try:
        signature(getattr(network, call)).bind(*[None] * given)
    except (AttributeError, TypeError) as error:
        raise UserError(
            f"{type(network).__name__} is no network of the task {task}; give a run of that task."
        ) from error


def opened_output(
    path: Path, moves: Movement, fps: Fraction, options: PersonOptions, source: Playback | None = None
) -> FrameWriter:
    """The writer of what is made; arguments as of :func:`vidgan.video.writer.writer`.

    Args:
        path, fps, options, source: where to, and how.
        moves: what is shown.

    Raises:
        UserError: the output is a picture, and there are several poses.
    """
    refuse_picture(path, len(moves), f"{moves.key}={moves.path} has {len(moves)} poses")
    return writer(path, fps, source, encoding(options), overwrite=True)


def frame_rate(moves: Movement, fps: float | None) -> Fraction:
    """Frames a second, of the movement or, where it does not tell, as it is given.

    Raises:
        UserError: neither tells, or both do.
    """
    own, wanted = moves.poses.fps, None if fps is None else Fraction(str(fps))
    what = f"{moves.key}={moves.path}"
    if own is not None and wanted is not None and own != wanted:
        raise UserError(f"{what} has {float(own):g} frames a second and fps={fps:g} is given; leave fps out.")
    if (rate := own or wanted) is None:
        raise UserError(f"{what} does not tell its frame rate; give fps=<frames a second>.")
    return rate


def _first(given: Input, count: int) -> Input:
    return replace(given, items=islice(given.items, count), count=count)


def _count(there: int, num_frames: int | None, key: str, path: Path) -> int:
    """How many of the frames are wanted."""
    count = there if num_frames is None else num_frames
    if not 1 <= count <= there:
        raise UserError(f"num_frames={count}: {key}={path} has {there} frames; give 1 to {there}, or none.")
    return count


def _size(trained: Trained, options: PersonOptions) -> tuple[int, int]:
    """Height and width of what is made."""
    data = trained.recorded.get("data") or {}
    height, width = options.height or data.get("height"), options.width or data.get("width")
    if height is None or width is None:
        raise UserError("weights of a file do not tell the size that they were trained on; give height= and width=.")
    return height, width


def _as_clip(picture: Frames) -> Tensor:
    """(1, 1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(picture).permute(2, 0, 1)[None, None].float() / 255


def _sureness(pose: KeypointSequence) -> float:
    return float(np.nansum(pose.points[..., 2]))


def _one_person(poses: KeypointSequence, which: int | None, what: str) -> KeypointSequence:
    """The sequence of one of the persons in it, (T, 1, K, 3); says who where there are several."""
    persons = persons_in(poses)
    if not persons:
        raise UserError(f"{what}: no person is found in any of its {len(poses)} frames.")
    if which is not None and which > len(persons):
        raise UserError(f"person={which}: {what} shows {len(persons)}; give 1 to {len(persons)}.")
    if len(persons) > 1:
        told = "the one that is larger and longer in view" if which in (None, 1) else f"number {which}"
        say(f"{what} shows {len(persons)} persons; {told} is followed, person=<number> takes another one")
    return persons[(which or 1) - 1]


def _retargeted(moves: Points, body: Points, what: str) -> Points:
    """The movement in the place of another body, see :class:`Retargeting`; tells how much its feet slide there."""
    try:
        moved = Retargeting.between(moves, body)(moves)
    except UserError as error:
        raise UserError(f"{what}: {error} Or set retarget=false.") from error
    contacts = standing(moves)
    if contacts.any():
        before, after = sliding(moves, contacts), sliding(moved, contacts)
        say(f"feet that stand slide by {after:.1%} of the body's height a frame, {before:.1%} in {what}")
    return moved
