"""Setting a person in motion: a picture and a driving video, or key points, to a video of any length.

Memory does not grow with the video but for its key points, 400 bytes a frame: they are all found first, so that one
body's movement can be put on another's stage, and then the frames are made and written one by one.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from vidgan.config.instantiate import build
from vidgan.config.lint import lint
from vidgan.config.paths import CONF
from vidgan.config.registration import register
from vidgan.config.schema_check import keep_to_schema
from vidgan.console import say
from vidgan.data.persons.framing import Framing
from vidgan.engine.hardware import choose_precision
from vidgan.engine.progress import counted
from vidgan.errors import UserError
from vidgan.experiment.build import device_kind, refuse_absent_device
from vidgan.experiment.networks import describe, find_applicable, load_network, recorded_config, weights_in
from vidgan.experiment.prediction import DTYPES
from vidgan.inference.inputs import Input, open_input
from vidgan.inference.people import find_people, refuse_outside
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.files import is_pose_file, read_poses
from vidgan.pose.person_tracking import persons_in
from vidgan.pose.retarget import Stage, retargeted, stage_of
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import Smoother, fill_gaps
from vidgan.record.folder import RunFolder
from vidgan.video.playback import Playback
from vidgan.video.reader import Frames
from vidgan.video.writer import writer


def generate_video(
    reference: str | Path,
    driving: str | Path,
    output: str | Path,
    num_frames: int | None = None,
    *,
    run: str,
    overrides: tuple[str, ...] = (),
) -> Path:
    """``vidgan-predict task=pose_video`` as a function; returns the path of what was written.

    Args:
        reference: a picture of the person, or a video of which the frame with the surest pose is taken.
        driving: a video of the movement, or key points in any format that ``vidgan-pose`` writes.
        output: a video, or a folder of pictures.
        num_frames: the first so many of the movement; None for all.
        run: id or folder of a run of the task pose_video.
        overrides: of ``conf/animate.yaml``, for example ``("estimator=rtmpose", "retarget=false")``.

    Raises:
        UserError: one of these is at fault; nothing half-written is left.
    """
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("animate", list(overrides))
    given = {"reference": str(reference), "driving": str(driving), "output": str(output)}
    for key, value in {**given, "num_frames": num_frames, "run": run}.items():
        OmegaConf.update(config, key, value)
    keep_to_schema(config)
    return animate(config)


def animate(config: DictConfig) -> Path:
    """Makes the video that a configuration describes, ``conf/animate.yaml``; returns its path.

    Raises:
        UserError: the run, the reference, the driving or the output is at fault; nothing half-written is left.
    """
    refuse_absent_device(config.machine)
    lint(config, {})
    if config.chunk < 1:
        raise UserError(f"chunk={config.chunk}: give the number of frames to compute at once, 1 or more.")
    folder = find_applicable(Path(config.paths.runs), config.run, "vidgan-predict task=pose_video")
    out = Path(config.output)
    if out.resolve() in (Path(config.reference).resolve(), Path(config.driving).resolve()):
        raise UserError(f"output={out} is an input itself; choose another name.")
    generator, size = _load(folder, config)
    poses, fps, video = _driving(config)
    sink = writer(out, fps, video if config.num_frames is None else None)
    picture, pose = _reference(config)
    if config.retarget:
        poses = retargeted(poses, _stage(poses, "driving", config), _stage(pose, "reference", config))
    framing = Framing.around(np.concatenate([poses.points, pose.points]), *size)
    made = frames(generator, framing, picture, pose, poses, config)
    with sink:
        for frame in counted(made, len(poses), "frames", config.machine.progress):
            sink.write(frame)
    say(f"written to {out}")
    return out


def frames(
    generator: nn.Module,
    framing: Framing,
    picture: Frames,
    pose: KeypointSequence,
    poses: KeypointSequence,
    config: DictConfig,
) -> Iterator[Frames]:
    """The person of the picture, whose ``pose`` is given, in each of the poses, ``config.chunk`` at a time.

    Yields:
        (H, W, 3) uint8 RGB, of the framing's size.
    """
    kind = device_kind(config.machine)
    precision = DTYPES[choose_precision(config.machine.precision, kind)]
    source = torch.from_numpy(framing.frame(picture)).to(kind).permute(2, 0, 1)[None, None].float() / 255
    source_keypoints = _tensor(framing, pose).to(kind)
    state: Any = None
    for chunk in _tensor(framing, poses).split(config.chunk, dim=1):
        with torch.inference_mode(), torch.autocast(kind, precision, enabled=precision is not None):
            made, state = generator.stream(source, source_keypoints, chunk.to(kind), state)  # type: ignore[operator]
        yield from (made[0].float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def _tensor(framing: Framing, poses: KeypointSequence) -> Tensor:
    """(1, T, 18, 2) in the pixels of the framing."""
    return torch.from_numpy(framing.points(poses.points[:, 0, :, :2]))[None]


def _load(folder: RunFolder, config: DictConfig) -> tuple[nn.Module, tuple[int, int]]:
    """The generator of the run, and the height and width that it was trained on."""
    trained, weights = recorded_config(folder), weights_in(folder, config.weights)
    if config.machine.threads is not None:
        torch.set_num_threads(config.machine.threads)
    generator = load_network(describe(folder, weights), weights)
    return generator.to(device_kind(config.machine)), (trained.data.height, trained.data.width)


def _driving(config: DictConfig) -> tuple[KeypointSequence, Fraction, Playback | None]:
    """The movement (T, 1, 18, 3), smoothed; its rate; and the video it comes from."""
    path, video = Path(config.driving), None
    if is_pose_file(path):
        poses = _first(read_poses(path), config)
        if poses.points.shape[1] != 1:
            raise UserError(f"driving={path} holds {poses.points.shape[1]} persons; vidgan-pose keeps the main one.")
    else:
        given = _first_frames(open_input(path, "driving"), config)
        video = given.video
        poses = find_people(_estimator(config), given, config.machine.progress)
        remedy = f"vidgan-pose input={path} output=main.pose.npz follows the main one; give driving=main.pose.npz"
        poses = _only_person(poses, f"driving={path}", remedy)
    poses = poses.surer(config.confidence)
    if not poses.present.any():
        raise UserError(f"driving={path}: no person is found in any of its {len(poses)} frames.")
    refuse_outside(poses, path)
    smoother: Smoother = build(config.smoother, "smoother")
    return smoother(fill_gaps(poses, config.fill)).converted(OPENPOSE_18), _rate(poses, config), video


def _first(poses: KeypointSequence, config: DictConfig) -> KeypointSequence:
    return poses.with_points(poses.points[: _count(len(poses), config)])


def _first_frames(given: Input, config: DictConfig) -> Input:
    count = _count(given.count, config)
    return replace(given, items=islice(given.items, count), count=count)


def _count(there: int, config: DictConfig) -> int:
    """How many of the driving's frames are wanted."""
    count = there if config.num_frames is None else config.num_frames
    if not 1 <= count <= there:
        raise UserError(f"num_frames={count}: driving={config.driving} has {there} frames; give 1 to {there}, or none.")
    return count


def _rate(poses: KeypointSequence, config: DictConfig) -> Fraction:
    """Frames a second, of the driving or, where it does not tell, of the configuration."""
    own, wanted = poses.fps, None if config.fps is None else Fraction(str(config.fps))
    if wanted is not None and wanted <= 0:
        raise UserError(f"fps={config.fps} is no frame rate; give frames a second, such as 25.")
    if own is None and wanted is None:
        raise UserError(f"driving={config.driving} does not tell its frame rate; give fps=<frames a second>.")
    if own is not None and wanted is not None and own != wanted:
        raise UserError(
            f"driving={config.driving} has {float(own):g} frames a second and fps={config.fps} is given; leave fps out."
        )
    rate = own or wanted
    assert rate is not None
    return rate


def _reference(config: DictConfig) -> tuple[Frames, KeypointSequence]:
    """A picture of the person and its pose, (1, 1, 18, 3): of a video the frame in which it is surest."""
    path, estimator = Path(config.reference), _estimator(config)
    given, best = open_input(path, "reference"), None
    remedy = "crop it to one person"
    for frame in counted(given.frames, given.count, "reference", config.machine.progress and given.count > 1):
        size = frame.shape[1], frame.shape[0]
        found = KeypointSequence(estimator(frame)[None], estimator.skeleton, size).surer(config.confidence)
        found = found.with_points(found.points[:, found.present[0].any(-1)])
        if found.points.shape[1] > 1:
            raise UserError(f"reference={path} shows {found.points.shape[1]} persons; {remedy}.")
        if found.points.shape[1] and (best is None or _sureness(found) > _sureness(best[1])):
            best = frame, found
    if best is None:
        raise UserError(f"reference={path}: no person is found; give a picture that shows the whole body.")
    return best[0], best[1].converted(OPENPOSE_18)


def _sureness(pose: KeypointSequence) -> float:
    return float(np.nansum(pose.points[..., 2]))


def _only_person(poses: KeypointSequence, what: str, remedy: str) -> KeypointSequence:
    """The sequence of the one person in it, (T, 1, K, 3)."""
    persons = persons_in(poses)
    if not persons:
        raise UserError(f"{what}: no person is found in any of its {len(poses)} frames.")
    if len(persons) > 1:
        raise UserError(f"{what} shows {len(persons)} persons; {remedy}.")
    return persons[0]


def _stage(poses: KeypointSequence, what: str, config: DictConfig) -> Stage:
    try:
        return stage_of(poses)
    except UserError as error:
        raise UserError(f"{what}={config[what]}: {error} Or set retarget=false.") from error


def _estimator(config: DictConfig) -> PoseEstimator:
    return build(config.estimator, "estimator")
