"""``vidgan-pose``: from frames, or from key points in another format, to the main person's smoothed key points."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from omegaconf import DictConfig
from torch import nn

from vidgan.config.instantiate import build, resolve_target
from vidgan.config.lint import lint, parameters_of
from vidgan.console import say
from vidgan.engine.progress import counted
from vidgan.errors import UserError, told_of
from vidgan.experiment.networks import load_subject
from vidgan.experiment.subject import Subject, is_file, subject, task_of
from vidgan.inference.inputs import RATE_OF_FOLDERS, Input, open_input
from vidgan.inference.outputs import allow_overwriting
from vidgan.inference.people import find_people, refuse_nobody, refuse_outside
from vidgan.pose.drawing import draw
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.files import is_pose_file, read_poses, refuse_unwritable, skeleton_for, write_poses
from vidgan.pose.person_tracking import persons_in
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import Skeleton, skeleton_named
from vidgan.pose.smoothing import Smoother, Unsmoothed, fill_gaps, unswapped
from vidgan.record.folder import RunFolder, find_trained
from vidgan.video.reader import Frames
from vidgan.video.writer import PICTURE_SUFFIXES, writer


def extract(config: DictConfig) -> Path:
    """Finds or reads key points, follows the main person, smooths and writes; returns the path of what was written.

    Raises:
        UserError: the input, the estimator or the output is at fault; nothing half-written is left.
    """
    lint(config, {"smoother": ("generator",)})
    given, out = Path(config.input), Path(config.output)
    _refuse_collisions(config)
    smoother = _smoother(config)
    if is_pose_file(given):
        raw = _read(config)
        _refuse_preview(config, len(raw))
        skeleton = _written_skeleton(config, smoother.skeleton or raw.skeleton)
    else:
        _refuse_without_key_points(config)
        frames = open_input(given)
        _refuse_preview(config, frames.count)
        estimator: PoseEstimator = build(config.estimator, "estimator")
        skeleton = _written_skeleton(config, smoother.skeleton or estimator.skeleton)
        raw = find_people(estimator, frames, config.machine.progress)
    if config.preview and raw.size is None:
        raise UserError(f"preview needs the size of the frames, which {given} does not tell; give video=<its video>.")
    main = _main_person(raw, config)
    refuse_outside(main, given)
    smooth = smoother(fill_gaps(main if isinstance(smoother, Unsmoothed) else unswapped(main), config.fill))
    write_poses(smooth.converted(skeleton), out)
    say(f"written to {out}")
    if config.preview:
        _write_preview(config, smooth)
        say(f"preview in {config.preview}")
    return out


def _refuse_collisions(config: DictConfig) -> None:
    taken = {Path(path).resolve(): "an input" for path in (config.input, config.video) if path}
    for key in ("output", "preview"):
        if config[key] is None:
            continue
        path = Path(config[key]).resolve()
        if path in taken:
            raise UserError(f"{key}={config[key]} is {taken[path]} itself; choose another name.")
        taken[path] = f"the {key}"


def _refuse_without_key_points(config: DictConfig) -> None:
    for key in ("video", "expect"):
        if config[key] is not None:
            raise UserError(f"{key} is for an input of key points; leave {key}={config[key]} out.")


def _refuse_preview(config: DictConfig, count: int) -> None:
    """Refuses, before it has taken time to make, a preview that cannot be written."""
    if config.preview is None:
        return
    path = Path(config.preview)
    writer(path, RATE_OF_FOLDERS, overwrite=True)
    if path.suffix.lower() in PICTURE_SUFFIXES and count > 1:
        raise UserError(f"preview={path} is one picture, the input has {count} frames; give a video or a folder.")
    allow_overwriting([path], config.overwrite, "preview")


def _smoother(config: DictConfig) -> Smoother:
    kind = resolve_target(config.smoother._target_, "smoother")
    trained = "generator" in parameters_of(kind)
    for key, is_given in (("run", config.run is not None), ("weights", is_file(config.weights))):
        if is_given and not trained:
            raise UserError(f"{key} is for smoother=gan alone; set that, or leave {key} out.")
    given = {"generator": _generator(config, kind.__module__)} if trained else {}
    smoother: Smoother = build(config.smoother, "smoother", **given)
    return smoother


def _generator(config: DictConfig, smoother: str) -> nn.Module:
    """The network that a smoother applies, which lives in the package of the task that trains it."""

    def trains_it(run: RunFolder) -> bool:
        return task_of(run).startswith(f"{smoother.rpartition('.')[0]}.")

    if config.run is not None and not is_file(config.weights):
        folder = find_trained(Path(config.paths.runs), config.run, preferred=trains_it)
        return load_subject(Subject(folder, config.weights, None))
    return load_subject(subject(config.run, config.weights, Path(config.paths.runs), Path(config.paths.cache)))


def _written_skeleton(config: DictConfig, own: Skeleton) -> Skeleton:
    """The skeleton of the output; refuses an output that cannot be written before it has taken time to make."""
    out = Path(config.output)
    skeleton = skeleton_named(config.skeleton) if config.skeleton else skeleton_for(out, own)
    refuse_unwritable(out, skeleton)
    allow_overwriting([out], config.overwrite)
    return skeleton


def _read(config: DictConfig) -> KeypointSequence:
    """The key points of a file; of the size of the video that they belong to, where it is given."""
    expected = skeleton_named(config.expect) if config.expect else None
    with told_of("input"):
        sequence = read_poses(Path(config.input), expected)
    if config.video is None:
        return sequence
    video = open_input(Path(config.video), "video")
    if video.count != len(sequence):
        raise UserError(
            f"input={config.input} has {len(sequence)} frames and video={config.video} {video.count}; they do not "
            f"belong together."
        )
    height, width = next(video.frames).shape[:2]
    return KeypointSequence(sequence.points, sequence.skeleton, (width, height), video.fps)


def _main_person(raw: KeypointSequence, config: DictConfig) -> KeypointSequence:
    """The person that is larger and longer in view than any other; says how many there are, and in how many frames.

    Raises:
        UserError: nobody is found, or nobody is sure enough.
    """
    persons = persons_in(raw.surer(config.confidence))
    if not persons and raw.present.any():
        raise UserError(
            f"confidence={config.confidence}: no key point is as sure, the surest has "
            f"{np.nanmax(raw.points[..., 2]):.2f}; give less."
        )
    refuse_nobody(raw, f"input={config.input}")
    main = persons[0]
    if len(persons) > 1:
        say(f"{len(persons)} persons are found; the one that is larger and longer in view is followed")
    say(f"the person is found in {int(main.present.any(-1).sum())} of {len(main)} frames")
    return main


def _write_preview(config: DictConfig, sequence: KeypointSequence) -> None:
    """The frames, or a black ground where there are none, with the skeleton."""
    video = config.video if is_pose_file(Path(config.input)) else config.input
    background = open_input(Path(video)) if video else _black(sequence)
    with writer(Path(config.preview), background.fps, background.video, overwrite=True) as sink:
        frames = counted(background.frames, background.count, "preview", config.machine.progress)
        for frame, people in zip(frames, sequence.points, strict=True):
            sink.write(draw(frame, people, sequence.skeleton))


def _black(sequence: KeypointSequence) -> Input:
    assert sequence.size is not None, "refused before"
    width, height = sequence.size
    frames: Iterator[Frames] = iter([np.zeros((height, width, 3), np.uint8)] * len(sequence))
    return Input.of(frames, len(sequence), sequence.fps or RATE_OF_FOLDERS)
