"""What values may be: ranges, words and forms, declared once where a key is declared and checked in one place."""

import math
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from fractions import Fraction
from numbers import Real
from types import NoneType
from typing import Any, Protocol, get_args, get_type_hints

from vidgan.errors import UserError

#: The default of a field that has to be given; OmegaConf's own mark.
REQUIRED: Any = "???"
#: More of anything than a machine could hold or a person wait for: what is larger is a slip of the finger.
MOST = 10**9
#: What is expected where a type is all that is known.
WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
MISSING: Any = "???"  #: what OmegaConf calls a value that must be given


class Rule(Protocol):
    """What a value may be. Its text goes on after "expected": ``a whole number, 1 or more``."""

    def admits(self, value: Any) -> bool: ...


@dataclass(frozen=True)
class Range:
    """Numbers from ``minimum`` to ``maximum``; an end that is open does not belong to it. NaN is in no range.

    Attributes:
        whole: whether whole numbers alone are meant.
    """

    minimum: float = -math.inf
    maximum: float = math.inf
    open_below: bool = False
    open_above: bool = False
    whole: bool = False

    def admits(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(number := float(value)):
            return False
        below = number <= self.minimum if self.open_below else number < self.minimum
        above = number >= self.maximum if self.open_above else number > self.maximum
        return not (below or above or (self.whole and number != int(number)))

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        least, most = f"{self.minimum:,.10g}", f"{self.maximum:,.10g}"
        if math.isinf(self.minimum):
            return kind if math.isinf(self.maximum) else f"{kind}, {'below' if self.open_above else 'at most'} {most}"
        if math.isinf(self.maximum):
            return f"{kind} above {least}" if self.open_below else f"{kind}, {least} or more"
        if not (self.open_below or self.open_above):
            return f"{kind} from {least} to {most}"
        lower = f"above {least}" if self.open_below else f"{least} or more"
        return f"{kind}, {lower} and {'below' if self.open_above else 'at most'} {most}"


@dataclass(frozen=True)
class Exact:
    """Numbers above 0 that are kept exactly: decimals and fractions, as text or as numbers of Python's."""

    maximum: int

    def admits(self, value: Any) -> bool:
        try:
            return 0 < exact(value) <= self.maximum
        except (ValueError, ZeroDivisionError):
            return False

    def __str__(self) -> str:
        return f"a number above 0, at most {self.maximum:,}, of up to six decimals: 60, 2.5, 60000/1001"


def exact(value: object) -> Fraction:
    """A number as it is written, ``2.5`` or ``60000/1001``, of six digits before and behind the sign at most.

    Raises:
        ValueError: it is not written so.
        ZeroDivisionError: it is divided by zero.
    """
    if re.fullmatch(r"[0-9]{1,6}([./][0-9]{1,6})?", str(value)) is None:
        raise ValueError(value)
    return Fraction(str(value))


@dataclass(frozen=True)
class Choices:
    """One of some words or numbers."""

    words: tuple[str | float, ...]

    def admits(self, value: Any) -> bool:
        return value in self.words

    def __str__(self) -> str:
        return f"one of {', '.join(map(str, self.words))}"


@dataclass(frozen=True)
class Form:
    """Text that matches a regular expression as a whole; ``told`` says it in words."""

    pattern: str
    told: str

    def admits(self, value: Any) -> bool:
        return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        return self.told


@dataclass(frozen=True)
class Devices:
    """Lightning's ``devices``: how many, all of them, or which."""

    def admits(self, value: Any) -> bool:
        if isinstance(value, list):
            return bool(value) and all(Range(0, whole=True).admits(item) for item in value)
        if isinstance(value, str):
            return value in ("auto", "-1") or re.fullmatch(r"[1-9]\d*|\d+(,\d+)+,?|\d+,", value) is not None
        return value == -1 or Range(1, MOST, whole=True).admits(value)

    def __str__(self) -> str:
        return "their number, 1 or more, auto for all, or a list of their indices, [0,1]"


def ruled(rule: Rule, default: Any) -> Any:
    """A dataclass field whose values keep to a rule; None, where the type allows it, always does."""
    return field(default=default, metadata={"rule": rule})


def whole(minimum: float, default: Any, maximum: float = MOST) -> Any:
    """A field of whole numbers."""
    return ruled(Range(minimum, maximum, whole=True), default)


def number(minimum: float, default: Any, maximum: float = math.inf, **ends: bool) -> Any:
    """A field of finite numbers; ``open_below`` and ``open_above`` leave its ends out."""
    return ruled(Range(minimum, maximum, **ends), default)


def component(
    group: str | None, default: Any, option: str | None = None, without: Mapping[str, str] | None = None
) -> Any:
    """A field that holds what becomes an object, a node with ``_target_``.

    Args:
        group: how one is chosen on the command line, e.g. ``degradations@degradation``; None where there is no group.
        default: of the field.
        option: of the group, that a command chooses where the user does not; for the options of a task.
        without: options of the group that cannot be chosen here, each with what to do instead.
    """
    metadata = {"component": True, "group": group, "option": option, "without": without or {}}
    return field(default=default, metadata=metadata)


def components(group: str | None) -> Any:
    """A field that holds nodes with ``_target_`` by name; ``group`` is as of :func:`component`, for ``{name}``."""
    return field(default_factory=dict, metadata={"component": True, "group": group})


@dataclass(frozen=True)
class Files:
    """What a field that holds the path of a file is about.

    Attributes:
        kinds: what it may be: ``video``, ``picture``, ``points`` (key points), or a suffix such as ``.vgc``.
        written: whether it is made, not read.
        like: of one that is made, the field whose kind it has where nothing else is said; None is another kind than
            what is read.
        drawn_on: of a mask, the field on whose frames it is drawn.
    """

    kinds: tuple[str, ...]
    written: bool = False
    like: str | None = None
    drawn_on: str | None = None


def file(*kinds: str, default: Any = REQUIRED, drawn_on: str | None = None) -> Any:
    """A field that holds the path of what is read; arguments as of :class:`Files`."""
    return field(default=default, metadata={"file": Files(kinds, drawn_on=drawn_on)})


def written(*kinds: str, like: str | None = None) -> Any:
    """A field that holds the path of what is made; arguments as of :class:`Files`."""
    return field(default=REQUIRED, metadata={"file": Files(kinds, written=True, like=like)})


def refuse_unfit(options: Any) -> None:
    """Checks the values of a dataclass against the types and the rules of its fields.

    Raises:
        UserError: a field has to be given and is not, or its value is of another type or breaks its rule; the text
            names it.
    """
    hints = get_type_hints(type(options))
    for part in fields(options):
        value, kinds = getattr(options, part.name), get_args(hints[part.name]) or (hints[part.name],)
        if isinstance(value, str) and value == REQUIRED:
            raise UserError(f"{part.name} is not set; give {part.name}=<value>.")
        if isinstance(value, str) and not value:
            raise UserError(f"{part.name} is empty; give a value.")
        if not _is_fit(value, kinds, part):
            raise UserError(f"{part.name}={value}: expected {_wanted(kinds, part)}.")


def _is_fit(value: Any, kinds: tuple[Any, ...], part: "Field[Any]") -> bool:
    if value is None:
        return part.default is None or NoneType in kinds
    if "component" in part.metadata:
        return not isinstance(value, (str, type))
    if rule := part.metadata.get("rule"):
        return bool(rule.admits(value))
    return not WORDS.keys() & set(kinds) or type(value) in kinds or (float in kinds and type(value) is int)


def _wanted(kinds: tuple[Any, ...], part: "Field[Any]") -> str:
    if "component" in part.metadata:
        return "an object, not its name or its class"
    return str(part.metadata.get("rule") or " or ".join(WORDS[kind] for kind in kinds if kind in WORDS) or "a value")
