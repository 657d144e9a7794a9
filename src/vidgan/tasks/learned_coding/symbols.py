"""Symbols to bytes and back, by range coding with tables of whole numbers."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from vidgan.errors import UserError
from vidgan.generators.entropy_models import PRECISION

try:
    import constriction
except ImportError:  # the extra is not there
    constriction = None


def refuse_without_library() -> None:
    """
    Raises:
        UserError: the library that codes is not installed.
    """
    if constriction is None:
        raise UserError("Files are coded by constriction, which is not there; install vidgan[coding].")


class BrokenSymbolsError(ValueError):
    """Bytes that are no symbols of the tables."""


class Models:
    """The tables of a codec, as the library uses them; each is made when it is first used.

    Args:
        tables: by name, each (rows, symbols) int64.
    """

    def __init__(self, tables: Mapping[str, Tensor]) -> None:
        self._tables = {name: table.cpu().double().numpy() / 2**PRECISION for name, table in tables.items()}
        self._made: dict[tuple[str, int], object] = {}

    def of(self, name: str, row: int) -> object:
        if (name, row) not in self._made:
            model = constriction.stream.model.Categorical(self._tables[name][row], perfect=False)
            self._made[name, row] = model
        return self._made[name, row]


class SymbolWriter:
    """Takes the symbols of a frame."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._coder = constriction.stream.queue.RangeEncoder()

    def __call__(self, name: str, rows: Tensor, symbols: Tensor) -> None:
        rows_, symbols_ = (part.cpu().numpy().ravel() for part in (rows, symbols))
        for row in np.unique(rows_):  # ascending, as the decoder goes
            self._coder.encode(symbols_[rows_ == row].astype(np.int32), self._models.of(name, int(row)))

    @property
    def data(self) -> bytes:
        """All of them."""
        return self._coder.get_compressed().astype("<u4").tobytes()


class SymbolReader:
    """Gives the symbols of a frame, in the order in which they were taken.

    Args:
        models: of the codec that wrote them.
        data: what the encoder made.

    Raises:
        BrokenSymbolsError: it is something else.
    """

    def __init__(self, models: Models, data: bytes) -> None:
        if len(data) % 4:
            raise BrokenSymbolsError("they are no whole words")
        self._models = models
        self._coder = constriction.stream.queue.RangeDecoder(np.frombuffer(data, "<u4").astype(np.uint32))

    def __call__(self, name: str, rows: Tensor) -> Tensor:
        rows_ = rows.cpu().numpy()
        symbols = np.empty(rows_.shape, np.int64)
        for row in np.unique(rows_):
            there = rows_ == row
            try:
                symbols[there] = self._coder.decode(self._models.of(name, int(row)), int(there.sum()))
            except (AssertionError, ValueError) as error:
                raise BrokenSymbolsError(str(error)) from error
        return torch.from_numpy(symbols).to(rows.device)
