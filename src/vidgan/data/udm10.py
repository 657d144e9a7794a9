"""UDM10 (Yi et al. 2019, "Progressive fusion video super-resolution network")."""

from vidgan.data.layout import NamedClips

_NAMES = "archpeople archwall auditorium band caffe camera clap lake photography polyflow"


class UDM10(NamedClips):
    """Ten clips of 1272 x 720 pixels to test on."""

    title = "UDM10"
    homepage = "github.com/psychopa4/PFNL"
    terms = "no licence is stated"
    tree = "GT/archpeople to GT/polyflow"
    frames = dict.fromkeys(_NAMES.split())
