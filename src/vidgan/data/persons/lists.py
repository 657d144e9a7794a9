"""Published lists of pairs of pictures, and the key points that go with them."""

import csv
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vidgan.errors import UserError
from vidgan.pose.formats.patn import read_patn_pictures
from vidgan.randomness import mix

_HELD_OUT = 50  # one identity of so many is kept from training, for validation


class Pair(NamedTuple):
    """Names of two pictures of one person."""

    source: str
    target: str


@dataclass(frozen=True)
class Pairs:
    """The pairs of one split.

    Attributes:
        folder: where the pictures lie.
        pairs: in the order of the list.
        keypoints: (18, 2) float32 (x, y) by picture; missing points are NaN.
        annotation: the file that they are from, for messages.
    """

    folder: Path
    pairs: list[Pair]
    keypoints: dict[str, NDArray[np.float32]]
    annotation: Path


class PairLists(ABC):
    """A data set of pairs as it is published; nothing here downloads it.

    Attributes:
        title, homepage, terms: what it is called, where it is obtained, under which terms.
        prefixes: how its lists' names may begin.
    """

    title: ClassVar[str]
    homepage: ClassVar[str]
    terms: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def identity(self, picture: str) -> str:
        """The person in a picture, by its name."""

    def read(self, root: Path, split: str) -> Pairs:
        """The pairs that train, validate or test.

        The published test pairs test. A fiftieth of the training persons, by a hash of their names, is kept from
        training to validate on, as nothing is published for that.

        Raises:
            UserError: a list or a picture is missing, or a list is broken; it is named.
        """
        published = "test" if split == "test" else "train"
        folder = root / published
        annotation = self._list(root, f"annotation-{published}.csv")
        pairs = read_pairs(self._list(root, f"pairs-{published}.csv", f"{published}_pairs.txt"))
        keypoints = {name: points[:, :2] for name, points in read_patn_pictures(annotation).items()}
        _refuse_incomplete(folder, pairs, keypoints, annotation)
        if split != "test":
            kept = split == "val"
            pairs = [pair for pair in pairs if (mix("held out", self.identity(pair.target)) % _HELD_OUT == 0) == kept]
        if not pairs:
            raise UserError(f"{root}: {self.title} has no pair to {split}; its list is too short or another data set's")
        return Pairs(folder, pairs, keypoints, annotation)

    def _list(self, root: Path, *endings: str) -> Path:
        places = [root / f"{prefix}{ending}" for ending in endings for prefix in self.prefixes]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            names = " or ".join(place.name for place in places)
            raise UserError(
                f"{root}: {self.title} needs {names} there; set data.root to its folder, from {self.homepage}"
            )
        return found


def read_pairs(path: Path) -> list[Pair]:
    """Pairs of picture names: a CSV with columns ``from`` and ``to``, or two without a header, the target first.

    The former is PATN's (Zhu et al. 2019), the latter NTED's and PIDM's (Ren et al. 2022; Bhunia et al. 2023).

    Raises:
        UserError: a line holds no two names.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(line, row) for line, row in enumerate(csv.reader(file), start=1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read as a list of pairs ({error})") from error
    names = [(line, [name.strip() for name in row]) for line, row in rows]
    source, target, columns = 1, 0, 2
    if names and {"from", "to"} <= set(header := names[0][1]):
        source, target, columns, names = header.index("from"), header.index("to"), len(header), names[1:]
    if broken := [line for line, row in names if len(row) != columns or not (row[source] and row[target])]:
        raise UserError(f"{path}, line {broken[0]}: two names of pictures are expected, separated by a comma")
    return [Pair(row[source], row[target]) for _, row in names]


def _refuse_incomplete(
    folder: Path, pairs: list[Pair], keypoints: dict[str, NDArray[np.float32]], annotation: Path
) -> None:
    pictures = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    named = dict.fromkeys(name for pair in pairs for name in pair)
    if missing := [name for name in named if name not in keypoints]:
        raise UserError(
            f"{annotation}: has no key points of {missing[0]}{_and_others(missing)}, which the list of pairs names; "
            "the two lists are of different data sets, or spell names differently"
        )
    if empty := [name for name in named if np.isnan(keypoints[name]).all()]:
        raise UserError(
            f"{annotation}: all key points of {empty[0]}{_and_others(empty)} are missing; take the pairs out, or find "
            "its pose again"
        )
    if missing := [name for name in named if name not in pictures]:
        raise UserError(f"{folder}: has no {missing[0]}{_and_others(missing)}; unpack the pictures into that folder")


def _and_others(missing: list[str]) -> str:
    return f" and {len(missing) - 1} others" if len(missing) > 1 else ""
