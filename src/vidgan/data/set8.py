"""Set8 (Tassano et al. 2020, "FastDVDnet")."""

from typing import ClassVar

from vidgan.data.layout import NamedClips

_NAMES = "hypersmooth motorbike park_joy rafting snowboard sunflower touchdown tractor"


class Set8(NamedClips):
    """Eight clips of 960 x 540 pixels to test denoising on, four of GoPro's and four of Derf's."""

    title = "Set8"
    homepage = "github.com/m-tassano/fastdvdnet"
    terms = "no licence is stated; four clips are GoPro's, four from Derf's collection at Xiph"
    tree = "the folders hypersmooth to tractor, or gopro_540p and derf_540p with them,"
    frames = dict.fromkeys(_NAMES.split())
    truth = (".", "gopro_540p", "derf_540p")
    low_folders: ClassVar = {}
