"""KTH (Schüldt et al. 2004, "Recognizing human actions: a local SVM approach")."""

from pathlib import Path

from vidgan.data.layout import Layout, existing
from vidgan.data.sources import Source, VideoFile
from vidgan.data.splits import Splits

#: The persons of each split, as they were published.
TRAIN = (11, 12, 13, 14, 15, 16, 17, 18)
VAL = (1, 4, 19, 20, 21, 23, 24, 25)
TEST = (2, 3, 5, 6, 7, 8, 9, 10, 22)
ACTIONS = ("walking", "jogging", "running", "boxing", "handwaving", "handclapping")
_SCENES = 4
_ABSENT = {(13, "handclapping", 3)}  # 599 videos of 600


class KTH(Layout):
    """599 gray videos of 160 x 120 px: 25 persons, six actions, four scenes; split by person."""

    title = "KTH actions"
    homepage = "csc.kth.se/cvap/actions"
    terms = "research only"
    tree = "walking/person01_walking_d1_uncomp.avi and the other five actions"

    def published(self, root: Path) -> Splits:
        return Splits(*([clip for person in part for clip in self._clips(root, person)] for part in (TRAIN, VAL, TEST)))

    @staticmethod
    def _clips(root: Path, person: int) -> list[Source]:
        names = [
            (action, f"person{person:02d}_{action}_d{scene}")
            for action in ACTIONS
            for scene in range(1, _SCENES + 1)
            if (person, action, scene) not in _ABSENT
        ]
        return [
            VideoFile(name, existing(root, f"{action}/{name}_uncomp.avi", f"{name}_uncomp.avi"))
            for action, name in names
        ]
