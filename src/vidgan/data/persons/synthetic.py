"""Synthetic persons: pairs of pictures made on the fly, with the truth about every pixel."""

import cv2
import numpy as np
import torch

from vidgan.data.clip import Clip
from vidgan.data.datamodule import Loading
from vidgan.data.generated import GeneratedClips, GeneratedData, Stream
from vidgan.data.persons.capsules import DrawnPerson, Floats, Identity, draw, placed
from vidgan.data.persons.gait import Motion, posed, turned
from vidgan.data.persons.pairs import Person, pair

_MARGIN = np.ones((5, 5), np.uint8)  # the mask reaches two pixels beyond the person


class SyntheticPairs(GeneratedClips):
    """Pair n, for any n: an identity of its own in two poses, each a moment of a motion seen from somewhere.

    Beside the parts of :func:`vidgan.data.persons.pairs.pair` its conditions are ``parts`` (1, 1, H, W) int16, the part
    seen in each pixel of the target (an index in ``capsules.PARTS``, -1 is background), ``palette`` (1, parts, 3) in
    [0, 1], the mean color of each, and ``background`` (1, 1, 3, H, W), the scene without the person.

    Args:
        height, width: of the pictures, in pixels.
        stream: what names the set of identities and motions; two streams have none in common.
        count: length where it has one.
    """

    def __init__(self, height: int, width: int, stream: Stream, count: int = 0) -> None:
        super().__init__(stream, count)
        self.height, self.width = height, width

    def __getitem__(self, number: int) -> Clip:
        identity = Identity.draw(self.random(number, "identity"), self.height, self.width)
        source, target = (draw(identity, self._points(number, role)) for role in ("source", "target"))
        wrong = self._points(number + 1, "target")[:18, :2].astype(np.float32)
        background = (identity.background * 255).round().astype(np.uint8).transpose(2, 0, 1)
        return pair(
            person(source),
            person(target),
            self.name(number),
            self.seed(number),
            wrong,
            parts=torch.from_numpy(target.parts)[None, None],
            palette=torch.from_numpy(identity.palette.astype(np.float32))[None],
            background=torch.from_numpy(np.ascontiguousarray(background))[None, None],
        )

    def _points(self, number: int, role: str) -> Floats:
        random = self.random(number, role)
        moment = Motion.draw(random).angles(random.uniform(size=1))
        return placed(turned(posed(moment)[0], random.uniform(0, 2 * np.pi)), self.height, self.width)


class SyntheticPersons(GeneratedData):
    """Pairs of pictures of synthetic persons: every training pair is new, the evaluated ones are always the same.

    Args:
        batch_size: pairs in an iteration, over all devices.
        height, width: of the pictures, in pixels.
        eval_pairs: pairs to validate and to test on, all of identities and motions that training never sees.
        seed: what training draws follows from it and from the number of the sample.
        loading: the machine's half.
    """

    scored_conditions = ("wrong_keypoints",)

    def __init__(
        self,
        batch_size: int,
        height: int = 64,
        width: int = 64,
        eval_pairs: int = 60,
        seed: int = 0,
        loading: Loading | None = None,
    ) -> None:
        super().__init__(batch_size, seed, loading)
        self.height, self.width, self.eval_pairs = height, width, eval_pairs

    def clips(self, stream: Stream, evaluated: bool) -> SyntheticPairs:
        return SyntheticPairs(self.height, self.width, stream, self.eval_pairs if evaluated else 0)


def person(picture: DrawnPerson) -> Person:
    """A drawn person with the mask that it is scored with."""
    mask = cv2.dilate((picture.parts >= 0).astype(np.uint8) * 255, _MARGIN)
    return Person(picture.frame, picture.keypoints, np.asarray(mask, np.uint8))
