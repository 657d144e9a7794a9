"""DeepFashion's In-shop Clothes Retrieval benchmark (Liu et al. 2016) as PATN, NTED and PIDM publish it."""

from vidgan.data.persons.lists import PairLists


class DeepFashion(PairLists):
    """Pictures of 176 or 256 x 256 pixels: ``train/``, ``test/``, and the lists.

    These are spelled ``fasion-resize-*.csv`` or ``fashion-resize-*.csv``; the pairs may also be in ``train_pairs.txt``
    and ``test_pairs.txt``, as NTED and PIDM have them. Names are such as
    ``fashionWOMENTees_Tanksid0000762403_4full.jpg``.
    """

    title = "DeepFashion In-shop"
    homepage = "the pages of DeepFashion and of PATN, for its lists"
    terms = "research only, by agreement"
    prefixes = ("fasion-resize-", "fashion-resize-", "")

    def identity(self, picture: str) -> str:
        """The name up to the view: the number of the garment, of the person's pictures in it."""
        return picture.rpartition("_")[0]
