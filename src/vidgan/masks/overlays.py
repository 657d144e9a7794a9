"""Holes where something was laid over the picture."""

import cv2
import numpy as np

from vidgan.data.clip import Piece
from vidgan.masks.base import Holes, Masks

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_HEIGHT = 22.0  # of the font's capitals at a scale of 1, in pixels


class Logo(Masks):
    """A word in a corner that stays: nothing behind it is ever seen, unless the camera moves."""

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        random = np.random.default_rng(seed)
        capital = random.uniform(0.06, 0.12) * height
        word, right, low = _word(random, int(random.integers(3, 7))), random.random() < 0.5, random.random() < 0.5
        hole = np.zeros((height, width), np.uint8)
        margin = round(0.05 * min(height, width))
        reach = _width(word, capital)
        x = max(0, width - margin - reach) if right else margin
        y = height - margin if low else margin + round(capital)
        _write(hole, word, x, y, capital)
        return np.repeat(hole[None], piece.last - piece.first, 0)


class Subtitles(Masks):
    """One or two lines of text at the bottom, others every one to three seconds of 25 frames, with pauses."""

    def draw(self, seed: int, piece: Piece, height: int, width: int) -> Holes:
        random = np.random.default_rng(seed)
        capital = random.uniform(0.05, 0.08) * height
        holes = np.zeros((piece.last - piece.first, height, width), np.uint8)
        begin = 0
        while begin < piece.last:
            end = begin + int(random.integers(25, 76))
            hole = np.zeros((height, width), np.uint8)
            for line in range(int(random.integers(1, 3))):
                word = _word(random, int(random.integers(8, 24)))
                while _width(word, capital) > 0.9 * width and len(word) > 1:
                    word = word[:-1]
                y = round(height * 0.94 - line * 1.8 * capital)
                _write(hole, word, (width - _width(word, capital)) // 2, y, capital)
            holes[max(0, begin - piece.first) : max(0, end - piece.first)] = hole
            begin = end + int(random.integers(0, 26))
        return holes


def _word(random: np.random.Generator, length: int) -> str:
    return "".join(_LETTERS[index] for index in random.integers(0, len(_LETTERS), length))


def _width(word: str, capital: float) -> int:
    return cv2.getTextSize(word, _FONT, capital / _HEIGHT, _thickness(capital))[0][0]


def _write(hole: Holes, word: str, x: int, y: int, capital: float) -> None:
    cv2.putText(hole, word, (x, y), _FONT, capital / _HEIGHT, 1, _thickness(capital))


def _thickness(capital: float) -> int:
    """With the rim that subtitles have."""
    return max(2, round(0.3 * capital))
