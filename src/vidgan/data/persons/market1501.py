"""Market-1501 (Zheng et al. 2015) as PATN publishes it for pose transfer (Zhu et al. 2019)."""

from vidgan.data.persons.lists import PairLists


class Market1501(PairLists):
    """Pictures of 64 x 128 pixels: ``train/0002_c1s1_000451_03.jpg``, ``test/``, and the lists ``market-*.csv``."""

    title = "Market-1501"
    homepage = "the pages of Market-1501 and of PATN, for its lists"
    terms = "research only"
    prefixes = ("market-",)

    def identity(self, picture: str) -> str:
        """The number that the name begins with; 0000 and -1 are strangers and scraps, each a person of its own."""
        number = picture.partition("_")[0]
        return picture if number in ("0000", "-1") else number
