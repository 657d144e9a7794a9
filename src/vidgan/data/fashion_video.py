"""Fashion Video (Zablotskaia et al. 2019, "DwNet: dense warp-based network for pose-guided human video generation")."""

from vidgan.data.layout import TrainTest


class FashionVideo(TrainTest):
    """500 training and 100 test videos of a person turning before white, about 350 frames each."""

    title = "Fashion Video"
    homepage = "vision.cs.ubc.ca/datasets/fashion"
    terms = "CC BY-NC 4.0"
    tree = "train/*.mp4 and test/*.mp4"
