"""TaiChiHD (Siarohin et al. 2019, "First order motion model for image animation")."""

from vidgan.data.layout import TrainTest


class TaiChiHD(TrainTest):
    """Cropped videos of 256 or 512 px from the published lists of parts of YouTube videos.

    As its loader writes them: a video, or a folder of frames, for each part.
    """

    title = "TaiChiHD"
    homepage = "the page of the first order motion model, whose loader fetches it"
    terms = "those of the videos on YouTube"
    tree = "train/<part>.mp4 and test/<part>.mp4, or folders of frames of these names,"
