"""Several data sets as one, of which each comes as often as it weighs."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from vidgan.data.derived import Aligned, Excerpt, Grey
from vidgan.data.layout import Layout
from vidgan.data.sources import Source
from vidgan.data.splits import NAMES, Splits
from vidgan.errors import UserError


class Mixture(Layout):
    """Data sets in folders below one root (or links to folders elsewhere), each with a layout of its own.

    What trains is drawn from each as often as it weighs, whatever number of clips it has; the clips that validate and
    test are those of all. A clip's name begins with that of its folder.

    Args:
        layouts: by folder.
        weights: how often each is drawn beside the others, by folder; those that are not named weigh 1.

    Raises:
        UserError: there is no data set, or a weight is of none, or below 0, or all are 0.
    """

    title = "a mixture of data sets"
    homepage = "where each of them comes from"
    terms = "those of each of them"
    tree = "the folders that data.layout.layouts names"

    def __init__(self, layouts: Mapping[str, Layout] | None, weights: Mapping[str, float] | None = None) -> None:
        if not layouts:
            raise UserError("data.layout.layouts names none; give it a layout for each folder of a data set.")
        weights = dict(weights or {})
        for name, weight in weights.items():
            if name not in layouts:
                raise UserError(
                    f"data.layout.weights.{name}: there is only {', '.join(layouts)} in data.layout.layouts."
                )
            if weight < 0:
                raise UserError(f"data.layout.weights.{name}={weight}: a weight is a number from 0 on.")
        self.layouts = dict(layouts)
        self.weights = {name: float(weights.get(name, 1)) for name in layouts}
        if not sum(self.weights.values()):
            raise UserError("data.layout.weights are all 0: nothing would be trained on; give one a number above 0.")

    def splits(self, root: Path) -> Splits:
        return self._joined({name: layout.splits(root / name) for name, layout in self.layouts.items()})

    def published(self, root: Path) -> Splits:
        return self._joined({name: layout.published(root / name) for name, layout in self.layouts.items()})

    def scored(self, root: Path) -> list[Source]:
        scored = {name: layout.scored(root / name) for name, layout in self.layouts.items()}
        _tell_apart(scored)
        return [source for sources in scored.values() for source in sources]

    def misfits(self, splits: Splits) -> Iterable[tuple[Source, str]]:
        for name, layout in self.layouts.items():
            parts = (
                [source for source in getattr(splits, split) if source.name.startswith(f"{name}/")] for split in NAMES
            )
            yield from layout.misfits(Splits(*parts))

    def _joined(self, splits: Mapping[str, Splits]) -> Splits:
        _tell_apart({name: [*part.train, *part.val, *part.test] for name, part in splits.items()})
        trained = {name: part.train for name, part in splits.items() if part.train and self.weights[name]}
        weights = {
            source.name: self.weights[name] / len(sources) for name, sources in trained.items() for source in sources
        }
        total = sum(self.weights[name] for name in trained)
        shares = (f"{name} {self.weights[name] / total:.0%}" for name in trained)
        train, val, test = ([source for part in splits.values() for source in getattr(part, split)] for split in NAMES)
        return Splits([s for s in train if s.name in weights], val, test, weights=weights, note=", ".join(shares))


def _tell_apart(parts: Mapping[str, Iterable[Source]]) -> None:
    """Has the names of sources, and of those that they are made of, begin with that of their part."""
    for name, sources in parts.items():
        for source in {id(inner): inner for outer in sources for inner in _inside(outer)}.values():
            source.name = f"{name}/{source.name}"


def _inside(source: Source) -> Iterator[Source]:
    yield source
    if isinstance(source, Aligned | Excerpt | Grey):
        yield from _inside(source.source)
