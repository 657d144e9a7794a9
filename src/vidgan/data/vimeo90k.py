"""Vimeo-90K, septuplets and triplets (Xue et al. 2019, "Video enhancement with task-oriented flow")."""

from heapq import nsmallest
from pathlib import Path

from vidgan.data.layout import Layout, Low, chosen, clip, existing, listed, without_validation
from vidgan.data.splits import Splits
from vidgan.randomness import mix

_FRAMES, _TRIPLET = 7, 3
_VALIDATION = 64
_LOW = {
    "bi": ("vimeo_septuplet_matlabLRx4/sequences", "BIx4"),
    "bd": ("vimeo_septuplet_BDLRx4/sequences", "BDx4"),
}


class Vimeo90K(Layout):
    """64,612 training and 7,824 test clips of 7 frames, as the two lists name them.

    There is no official validation split: 64 training clips are held out, chosen by a hash of their names.

    Args:
        low: ``"bi"`` or ``"bd"`` reads the low resolution as KAIR or mmagic store it; None makes it from the clips.
        validation: False trains on all training clips and validates on the test clips.
    """

    title = "Vimeo-90K septuplets"
    homepage = "toflow.csail.mit.edu"
    terms = "no licence is stated; the videos are their makers' on Vimeo"
    tree = "sequences/00001/0001/im1.png to im7.png, sep_trainlist.txt and sep_testlist.txt"

    def __init__(self, low: Low | None = None, validation: bool = True) -> None:
        self.low = None if low is None else _LOW[chosen({name: name for name in _LOW}, low, self.title)]
        self.validation = validation

    def published(self, root: Path) -> Splits:
        truth = existing(root, "sequences", "vimeo_septuplet/sequences", "GT")
        low = existing(root, *self.low) if self.low else None
        parts = _named(root, "sep_{}list.txt", "vimeo_septuplet")
        splits = Splits(*([clip(name, truth / name, _FRAMES, low and low / name) for name in part] for part in parts))
        return splits if self.validation else without_validation(splits)


class VimeoTriplets(Layout):
    """51,313 training and 3,782 test clips of 3 frames, of which the middle one is made, as the two lists name them.

    There is no official validation split: 64 training clips are held out, chosen by a hash of their names.

    Args:
        validation: False trains on all training clips and validates on the test clips, as IFRNet does.
    """

    title = "Vimeo-90K triplets"
    homepage = "toflow.csail.mit.edu"
    terms = Vimeo90K.terms
    tree = "sequences/00001/0001/im1.png to im3.png, tri_trainlist.txt and tri_testlist.txt"

    def __init__(self, validation: bool = True) -> None:
        self.validation = validation

    def published(self, root: Path) -> Splits:
        truth = existing(root, "sequences", "vimeo_triplet/sequences")
        parts = _named(root, "tri_{}list.txt", "vimeo_triplet")
        splits = Splits(*([clip(name, truth / name, _TRIPLET) for name in part] for part in parts))
        return splits if self.validation else without_validation(splits)


def _named(root: Path, lists: str, folder: str) -> tuple[list[str], list[str], list[str]]:
    """The names of the clips that train, that are held out of these to validate, and that test."""
    places = ((lists.format(split), f"{folder}/{lists.format(split)}") for split in ("train", "test"))
    train, test = (listed(existing(root, *place), r"\d+/\d+") for place in places)
    held_out = set(nsmallest(min(_VALIDATION, len(train) // 2), train, lambda name: mix("held out", name)))
    return [name for name in train if name not in held_out], [name for name in train if name in held_out], test
