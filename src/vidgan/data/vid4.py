"""Vid4 (Liu and Sun 2014, "On Bayesian adaptive video super resolution")."""

from typing import ClassVar

from vidgan.data.layout import NamedClips


class Vid4(NamedClips):
    """Four clips to test on."""

    title = "Vid4"
    homepage = "github.com/open-mmlab/mmagic, tools/dataset_converters/vid4"
    terms = "no licence is stated"
    tree = "GT/calendar, GT/city, GT/foliage and GT/walk"
    frames: ClassVar = {"calendar": 41, "city": 34, "foliage": 49, "walk": 47}
