"""Pictures and videos as parts of a page, as far as a budget of bytes goes."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from vidgan.comparison.analysis import Variant

STRIPS = 4  # iterations shown
_WIDTH, _HEIGHT = 720, 1600  # most pixels of a picture
_QUALITY = 85


@dataclass(frozen=True)
class Strip:
    """The samples of one iteration as data URIs, one a variant; None where there is none or the budget is spent."""

    iteration: int
    pictures: list[str | None]


class Budget:
    """Bytes that media may add to the page."""

    def __init__(self, megabytes: float) -> None:
        self.left = int(megabytes * 1e6)
        self.refused: list[str] = []
        self.damaged: list[str] = []

    def data_uri(self, path: Path, read: Callable[[Path], bytes], kind: str, what: str) -> str | None:
        """What ``read`` makes of a file, inlined; None and a note where it does not fit or cannot be read."""
        try:
            text = base64.b64encode(read(path) if self.left else b" ").decode()
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # as Pillow tells of damage
            self.damaged.append(f"{what} ({path.name})")
            return None
        if len(text) > self.left:
            self.refused.append(what)
            return None
        self.left -= len(text)
        return f"data:{kind};base64,{text}"


def shared_iterations(variants: Sequence[Variant]) -> list[int]:
    """Iterations at which every variant's first run has samples: evenly chosen, the last among them."""
    common = sorted(set.intersection(*(set(variant.runs[0].samples) for variant in variants)))
    if len(common) <= STRIPS:
        return common
    step = (len(common) - 1) / (STRIPS - 1)
    return [common[round(index * step)] for index in range(STRIPS)]


def strips(variants: Sequence[Variant], budget: Budget) -> list[Strip]:
    found = []
    for iteration in reversed(shared_iterations(variants)):  # the last first: it matters most where the budget ends
        named = f"samples at iteration {iteration}"
        pictures = [budget.data_uri(v.runs[0].samples[iteration], _small, "image/webp", named) for v in variants]
        found.append(Strip(iteration, pictures))
    return found[::-1]


def videos(variants: Sequence[Variant], budget: Budget) -> dict[str, str]:
    """The first runs' side-by-side videos by variant."""
    found = {}
    for variant in variants:
        path = variant.runs[0].video
        uri = budget.data_uri(path, Path.read_bytes, "video/mp4", f"video of {variant.label}") if path else None
        if uri is not None:
            found[variant.label] = uri
    return found


def _small(path: Path) -> bytes:
    with Image.open(path) as image:
        shown = image.convert("RGB")
    shown.thumbnail((_WIDTH, _HEIGHT))
    out = BytesIO()
    shown.save(out, "WEBP", quality=_QUALITY)
    return out.getvalue()
