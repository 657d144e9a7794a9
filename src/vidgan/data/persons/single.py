"""One person in one video (Everybody Dance Now, Chan et al. 2019): its first part trains, the rest is tested on."""

import math
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from vidgan.data.clip import Clip
from vidgan.data.datamodule import DataModule, Loading
from vidgan.data.persons.film import Film
from vidgan.data.persons.framing import Framing, Points
from vidgan.data.persons.pairs import Person, animation, pictures
from vidgan.data.persons.scene import MOST_FRAMES, Scene
from vidgan.data.sources import VideoFile
from vidgan.errors import UserError
from vidgan.pose.files import read_poses
from vidgan.pose.maps import pose_mask
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import bridged
from vidgan.randomness import mix

_AT_ONCE = 16  # frames in the size of the file
_TESTED = 3  # frames at least, of which an acceleration can be taken


class PersonVideo:
    """A video and the key points of the person in it, cut to where the person moves.

    Args:
        video: the file.
        poses: its key points, of any skeleton; the first person's are used.
        height, width: of the frames.
        confidence: key points that are less sure count as missing.

    Attributes:
        points: (T, 18, 2) in pixels of the video.
        keypoints: the same in pixels of the frames.

    Raises:
        UserError: the two do not belong together, or nobody is in it.
    """

    def __init__(self, video: Path, poses: Path, height: int, width: int, confidence: float) -> None:
        self.source = VideoFile(video.name, video)
        points = read_poses(poses).person(0).converted(OPENPOSE_18).points[:, 0]
        if len(points) != self.source.size.frames:
            raise UserError(
                f"{poses} has {len(points)} frames and {video} {self.source.size.frames}; find the poses again with "
                f"vidgan-pose input={video} output={poses}."
            )
        points = np.where(points[..., 2:] >= confidence, points[..., :2], np.nan)
        if np.isnan(points).all():
            raise UserError(f"{poses}: no key point is as sure as data.confidence={confidence}.")
        self.points = points.astype(np.float32)
        self.framing = Framing.around(points, height, width)
        self.keypoints = self.framing.points(points)

    def __len__(self) -> int:
        return len(self.keypoints)

    def frames(self, start: int, count: int) -> Iterator[NDArray[np.uint8]]:
        """Frames ``start`` to ``start + count``, (H, W, 3); few of them are in memory in the size of the file."""
        for first in range(start, start + count, _AT_ONCE):
            yield from map(self.framing.frame, self.source.read(first, min(_AT_ONCE, start + count - first)))

    def persons(self, start: int, count: int) -> list[Person]:
        """Frames ``start`` to ``start + count`` with their key points and PG2's mask."""
        keypoints = self.keypoints[start : start + count]
        masks = pose_mask(torch.from_numpy(keypoints), (self.framing.height, self.framing.width))[:, 0]
        parts = zip(self.frames(start, count), keypoints, (masks * 255).byte().numpy(), strict=True)
        return [Person(*part) for part in parts]


class TrainingClips(Dataset[Clip]):
    """Sample n, for any n: some frames of the video's first part, and another frame of it as the source.

    Where the film has seen it, the condition ``scene`` (1, 1, 3, H, W) is what is behind the person.
    """

    def __init__(self, video: PersonVideo, until: int, frames: int, seed: int, behind: dict[str, Tensor]) -> None:
        self.video, self.until, self.frames, self.seed, self.behind = video, until, frames, seed, behind

    def __getitem__(self, number: int) -> Clip:
        start = mix(self.seed, number, "start") % (self.until - self.frames + 1)
        (source,) = self.video.persons(mix(self.seed, number, "source") % self.until, 1)
        targets = self.video.persons(start, self.frames)
        return animation(
            source, targets, f"{start}#{number}", mix(self.seed, number, "randomness"), None, **self.behind
        )


class HeldOutPart(Dataset[Clip]):
    """The last part as one clip, its source the first frame of the video that shows the person.

    Its wrong poses are those of the first frames. The condition ``nearest`` (1, T, 3, H, W) shows for each frame the
    training frame whose pose is nearest, by the mean distance of the key points that both have; ``scene`` is that of
    training.
    """

    def __init__(self, video: PersonVideo, start: int, behind: dict[str, Tensor]) -> None:
        self.video, self.start, self.behind = video, start, behind

    def __len__(self) -> int:
        return 1

    def __getitem__(self, number: int) -> Clip:
        targets = self.video.persons(self.start, len(self.video) - self.start)
        known = self.video.keypoints[: self.start]
        (source,) = self.video.persons(int(_seen(known).argmax()), 1)
        nearest = [next(self.video.frames(_nearest(target.keypoints, known), 1)) for target in targets]
        wrong = known[np.arange(len(targets)) % self.start]
        return animation(source, targets, "held out", 0, wrong, nearest=pictures(nearest), **self.behind)


def _seen(keypoints: Points) -> NDArray[np.bool_]:
    """In which frames (T,) there is a key point, of key points (T, K, 2)."""
    return np.asarray(np.isfinite(keypoints).all(-1).any(-1))


def _nearest(keypoints: Points, known: Points) -> int:
    """Which of the known (N, K, 2) is nearest to key points (K, 2); the first if none has a point of theirs."""
    distances = np.hypot(*np.moveaxis(known - keypoints, -1, 0))
    shared = np.isfinite(distances)
    mean = distances.sum(1, where=shared) / shared.sum(1).clip(min=1)
    return int(np.where(shared.any(1), mean, np.inf).argmin())


class SinglePerson(DataModule):
    """Clips of one person's video.

    Args:
        video: a video of one person, from a camera that stands still.
        poses: the key points that ``vidgan-pose`` has found in it.
        batch_size: clips in an iteration, over all devices.
        frames: of a training clip.
        height, width: of the frames, in pixels.
        held_out: share of the video at its end that is tested on.
        confidence: key points that are less sure count as missing.
        seed: what training draws follows from it and from the number of the sample.
        loading: the machine's half.

    Raises:
        UserError: there is nothing to train on, or to test on.
    """

    scored_conditions = ("wrong_keypoints", "nearest")

    def __init__(
        self,
        video: str,
        poses: str,
        batch_size: int,
        frames: int = 8,
        height: int = 128,
        width: int = 128,
        held_out: float = 0.25,
        confidence: float = 0.3,
        seed: int = 0,
        loading: Loading | None = None,
    ) -> None:
        super().__init__(batch_size, loading)
        if not 0 < held_out < 1:
            raise UserError(f"data.held_out={held_out} is no share of a video to test on; give one between 0 and 1.")
        self.paths, self.size, self.confidence = (Path(video), Path(poses)), (height, width), confidence
        self.frames, self.held_out, self.seed = frames, held_out, seed

    @cached_property
    def video(self) -> PersonVideo:
        return PersonVideo(*self.paths, *self.size, self.confidence)

    @property
    def until(self) -> int:
        """The first frame that is held out."""
        return round((1 - self.held_out) * len(self.video))

    def prepare_data(self) -> None:
        self.examine()

    def examine(self) -> None:
        """Looks at both parts, so that a test part of nothing is told before training and not after it.

        Raises:
            UserError: the video is too short for its parts, or nobody is in the first one.
        """
        count = len(self.video)
        if count - self.until < _TESTED:
            raise UserError(
                f"{self.paths[0]}: data.held_out={self.held_out} tests on {count - self.until} of its {count} frames; "
                f"{_TESTED} are needed to score movement."
            )
        if self.until < self.frames:
            raise UserError(f"{self.paths[0]}: {self.until} frames train, data.frames={self.frames} are needed.")
        if not _seen(self.video.keypoints[: self.until]).any():
            raise UserError(f"{self.paths[1]}: nobody is in the first {self.until} frames, which train.")

    @cached_property
    def training(self) -> TrainingClips:
        return TrainingClips(self.video, self.until, self.frames, self.seed, self.behind)

    def evaluated(self, split: Literal["val", "test"]) -> HeldOutPart:
        return HeldOutPart(self.video, self.until, self.behind)

    def blank(self) -> Clip:
        height, width = self.size
        empty = Person(
            np.zeros((height, width, 3), np.uint8), np.zeros((18, 2), np.float32), np.zeros((height, width), np.uint8)
        )
        behind = {name: torch.zeros_like(picture) for name, picture in self.behind.items()}
        return animation(empty, [empty] * self.frames, "blank", 0, None, **behind).to_float()

    @cached_property
    def film(self) -> Film:
        """What the part that trains shows beside the person's movement.

        Raises:
            UserError: as of :meth:`examine`.
        """
        self.examine()
        points, chosen = self.video.points[: self.until], slice(0, self.until, math.ceil(self.until / MOST_FRAMES))
        followed = bridged(points.reshape(self.until, -1).astype(np.float64)).reshape(points.shape)
        frames = islice(self.video.source.stream(), chosen.start, chosen.stop, chosen.step)
        scene = Scene.behind(frames, followed[chosen].astype(np.float32), max(1.0, self.video.framing.step / 2))
        return Film(points, self.video.framing, scene)

    @cached_property
    def behind(self) -> dict[str, Tensor]:
        """The condition of all clips that tells the scene; none where the camera moves."""
        return {"scene": pictures([self.film.scene.shown(self.video.framing)])} if self.film.scene.is_steady else {}

    def knowledge(self) -> dict[str, Tensor]:
        return self.film.tensors()

    def described(self) -> list[str]:
        scene, name = self.film.scene, self.paths[0].name
        if not scene.is_steady:
            return [f"{name}: its camera moves, so what is behind the person is made up from one picture each time"]
        share = scene.known_share(self.video.framing)
        return [f"{name}: the scene behind the person is seen in {share:.0%} of the frame; the rest is filled"]
