"""Pairs of annotated photographs as batches."""

from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from vidgan.data.clip import Clip
from vidgan.data.datamodule import DataModule, Loading
from vidgan.data.persons.lists import PairLists, Pairs
from vidgan.data.persons.pairs import Person, pair
from vidgan.data.pictures import decode_image
from vidgan.data.sampling import clip_of
from vidgan.errors import UserError
from vidgan.pose.maps import pose_mask
from vidgan.pose.sequence import flip
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.randomness import mix

_WHITE = 255


class PictureReader:
    """Reads pictures with their key points and PG2's mask, in one size.

    Pictures of the right height and another width are cut, or padded with white, on both sides alike: DeepFashion's
    are published 176 and 256 px wide.
    """

    def __init__(self, pairs: Pairs, height: int, width: int) -> None:
        self.pairs, self.height, self.width = pairs, height, width

    def __call__(self, name: str, mirrored: bool = False) -> Person:
        """The picture of that name, or its mirror image with left and right key points swapped.

        Raises:
            BrokenFileError: the picture cannot be read.
            UserError: it has another height, or key points lie outside of it.
        """
        path = self.pairs.folder / name
        frame, keypoints = decode_image(path.read_bytes(), str(path)), self.pairs.keypoints[name]
        self._refuse(name, frame.shape, keypoints)
        frame, keypoints = self._fitted(frame, keypoints)
        if mirrored:
            frame, keypoints = np.ascontiguousarray(frame[:, ::-1]), flip(keypoints, OPENPOSE_18, self.width)
        mask = pose_mask(torch.from_numpy(keypoints)[None], (self.height, self.width))[0, 0]
        return Person(frame, keypoints, (mask * 255).byte().numpy())

    def _fitted(
        self, frame: NDArray[np.uint8], keypoints: NDArray[np.float32]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        width = frame.shape[1]
        left = (self.width - width) // 2
        if left < 0:
            frame = frame[:, -left : -left + self.width]
        elif left > 0:
            frame = np.pad(frame, ((0, 0), (left, self.width - width - left), (0, 0)), constant_values=_WHITE)
        return np.ascontiguousarray(frame), keypoints + np.array((left, 0), np.float32)

    def _refuse(self, name: str, shape: tuple[int, ...], keypoints: NDArray[np.float32]) -> None:
        height, width = shape[:2]
        if height != self.height:
            raise UserError(
                f"{self.pairs.folder / name}: is {width} x {height} pixels and data.height={self.height}; set "
                "data.height and data.width to the size of the pictures that the key points were found in"
            )
        outside = (keypoints < -0.5).any(1) | (keypoints > np.array((width, height)) - 0.5).any(1)
        if outside.any():
            x, y = keypoints[outside][0]
            raise UserError(
                f"{self.pairs.annotation}: a key point of {name} at x {x:g}, y {y:g} lies outside of the picture of "
                f"{width} x {height} pixels; the key points belong to pictures of another size"
            )


class AnnotatedPairs(Dataset[Clip]):
    """The pairs of a list in its order, each with the target pose of the next as the wrong one."""

    def __init__(self, reader: PictureReader, count: int | None) -> None:
        self.reader, self.pairs = reader, reader.pairs.pairs[:count]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Clip:
        names, other = self.pairs[index], self.pairs[(index + 1) % len(self.pairs)]
        wrong = self.reader(other.target).keypoints
        name = f"{Path(names.source).stem} to {Path(names.target).stem}"
        return pair(self.reader(names.source), self.reader(names.target), name, mix(name), wrong)


class TrainingPairs(Dataset[Clip]):
    """Sample n, for any n: a pair of the list, every one once an epoch, mirrored half the time where that is asked."""

    def __init__(self, reader: PictureReader, mirror: bool, seed: int) -> None:
        self.reader, self.mirror, self.seed = reader, mirror, seed

    def __getitem__(self, sample: int) -> Clip:
        pairs = self.reader.pairs.pairs
        index = clip_of(sample, len(pairs), self.seed)
        mirrored = self.mirror and mix(self.seed, sample, "mirror") % 2 == 1
        source, target = (self.reader(name, mirrored) for name in pairs[index])
        return pair(source, target, f"{pairs[index].target}#{sample}", mix(self.seed, sample, "randomness"))


class AnnotatedPersons(DataModule):
    """Pairs of photographs of a published list, with key points from its annotation.

    Args:
        root: the folder of the data set.
        lists: which files it consists of.
        batch_size: pairs in an iteration, over all devices.
        height, width: of the pictures, in pixels; a narrower picture is padded with white, a wider one cut.
        mirror: train on mirror images half the time, left and right key points swapped.
        val_pairs, test_pairs: the first pairs of each list that are scored; None for all.
        seed: what is sampled follows from it and from the number of the sample.
        loading: the machine's half.
    """

    scored_conditions = ("wrong_keypoints",)

    def __init__(
        self,
        root: str,
        lists: PairLists,
        batch_size: int,
        height: int,
        width: int,
        mirror: bool = True,
        val_pairs: int | None = 200,
        test_pairs: int | None = None,
        seed: int = 0,
        loading: Loading | None = None,
    ) -> None:
        super().__init__(batch_size, loading)
        self.root, self.lists, self.mirror, self.seed = Path(root), lists, mirror, seed
        self.height, self.width = height, width
        self.counts = {"val": val_pairs, "test": test_pairs}

    def prepare_data(self) -> None:
        self.examine()

    def examine(self) -> None:
        """Reads all lists once, so that a missing test list is told before training and not hours later.

        Raises:
            UserError: see :meth:`PairLists.read`.
        """
        for split in ("train", "val", "test"):
            self.lists.read(self.root, split)

    @cached_property
    def training(self) -> TrainingPairs:
        return TrainingPairs(self._reader("train"), self.mirror, self.seed)

    def evaluated(self, split: Literal["val", "test"]) -> AnnotatedPairs:
        return AnnotatedPairs(self._reader(split), self.counts[split])

    def blank(self) -> Clip:
        frame = np.zeros((self.height, self.width, 3), np.uint8)
        nobody = Person(frame, np.zeros((len(OPENPOSE_18), 2), np.float32), frame[..., 0])
        return pair(nobody, nobody, "blank", 0).to_float()

    def _reader(self, split: str) -> PictureReader:
        return PictureReader(self.lists.read(self.root, split), self.height, self.width)
