"""From the values of a page to the order of a job, which reads nothing but what was uploaded."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import yaml
from PIL import Image

from vidgan.app import media
from vidgan.app.choices import Choice
from vidgan.app.controls import Control
from vidgan.config.task_parts import needed
from vidgan.errors import UserError

_LIKE_A_PATH = re.compile(r"[/\\~]|\.\.|\$\{")


@dataclass(frozen=True)
class Order:
    """What a job is told.

    Attributes:
        given, components, groups: as of :func:`vidgan.app.worker.work`.
        out: what will be written.
        shown: the input that it is compared with; None where there is none.
    """

    given: dict[str, Any]
    components: dict[str, str]
    groups: dict[str, str]
    out: Path
    shown: Path | None

    def of(self, choice: Choice, machine: Any, paths: Any) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "run": str(choice.run) if choice.run else None,
            "weights": choice.weights,
            "given": self.given,
            "components": self.components,
            "groups": self.groups,
            "machine": machine,
            "paths": paths,
        }


def order_of(
    controls: Sequence[Control], values: Sequence[Any], uploads: Path, folder: Path, most: media.Most
) -> Order:
    """
    Args:
        controls: of a form.
        values: of their components, one after the other.
        uploads: the folder below which all that was uploaded is.
        folder: a new one, for what is written.
        most: the largest that is taken.

    Raises:
        UserError: a value is missing, no file of those, or beyond what is taken.
    """
    raw = dict(_by_control(controls, values))
    given: dict[str, Any] = {}
    components, groups, read = dict[str, str](), dict[str, str](), dict[str, Path]()
    for control in controls:
        told = raw[control.name]
        if control.files and not control.files.written:
            path = _mask_drawn(control, told, folder) or _uploaded(control, told[-1], uploads)
            if path is not None:
                media.refuse_beyond(path, most)
                given[control.name], read[control.name] = str(path), path
        elif control.part.metadata.get("component"):
            components[control.name] = _chosen(control, told[0])
            groups[control.name] = str(control.part.metadata["group"]).partition("@")[0]
        elif control.files is None and (value := _value(control, told[0])) is not None:
            given[control.name] = value
    out, shown = folder, None
    for control in controls:
        if control.files and control.files.written:
            out, shown = _out(control, raw[control.name][0], read, folder)
            given[control.name] = str(out)
    return Order(given, components, groups, out, shown)


def _by_control(controls: Sequence[Control], values: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    begin = 0
    for control in controls:
        yield control.name, values[begin : begin + len(control.parts)]
        begin += len(control.parts)


def _uploaded(control: Control, path: str | None, uploads: Path) -> Path | None:
    if not path:
        if needed(control.part):
            raise UserError(f"{control.name} is not given; drop a file there.")
        return None
    found = Path(path).resolve()
    if not found.is_relative_to(uploads.resolve()) or not found.is_file():
        raise UserError(f"{control.name}: this page reads what was uploaded to it alone.")
    wanted = media.suffixes(control.files.kinds if control.files else ())
    if found.suffix.lower() not in wanted:
        raise UserError(f"{control.name}: {found.name} is of another kind; expected {', '.join(wanted)}.")
    return found


def _mask_drawn(control: Control, told: Sequence[Any], folder: Path) -> Path | None:
    """The strokes on a frame as a picture, white where something was drawn; None where nothing was."""
    if len(told) < 2 or told[-1] or not told[0]:
        return None
    layers = [np.asarray(layer.convert("RGBA"))[..., 3] for layer in told[0].get("layers") or ()]
    frame = told[0].get("background")
    if not layers or frame is None or not (drawn := np.maximum.reduce(layers) > 0).any():
        raise UserError(f"{control.name} is empty; draw on the frame, or drop a file.")
    path = folder / f"{control.name}.png"
    Image.fromarray(drawn.astype(np.uint8) * 255).resize(frame.size, Image.Resampling.NEAREST).save(path)
    return path


def _chosen(control: Control, name: Any) -> str:
    if name not in {value for _, value in control.parts[0].choices}:
        raise UserError(f"{control.name}={name}: there is no such choice.")
    return str(name)


def _value(control: Control, value: Any) -> Any:
    """A value for the options; None where theirs is left."""
    kinds = get_args(control.hint) or (control.hint,)
    if value is None or (isinstance(value, str) and not value.strip()):
        if needed(control.part):
            raise UserError(f"{control.name} is not given; give a value.")
        return None
    if isinstance(value, str) and {int, float} & set(kinds):
        return _number(control, value.strip(), kinds)
    if isinstance(value, str) and str in kinds:
        return value.strip() if control.part.metadata.get("rule") else _no_path(control, value.strip())
    if isinstance(value, str) and control.hint is Any:
        return _plain(control, _no_path(control, value))
    if control.whole and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _number(control: Control, text: str, kinds: Sequence[Any]) -> int | float:
    try:
        return float(text) if float in kinds else int(text)
    except ValueError as error:
        wanted = control.part.metadata.get("rule") or "a number"
        raise UserError(f"{control.name}={text}: expected {wanted}, or nothing.") from error


def _no_path(control: Control, text: str) -> str:
    """A text that no file has for its name, whatever a task makes of it."""
    if _LIKE_A_PATH.search(text) or Path(text).exists():
        raise UserError(f"{control.name}: a text of this page cannot be a path.")
    return text


def _plain(control: Control, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{control.name}={text}: cannot be read; see what it says beside the field.") from error


def _out(control: Control, asked: Any, read: dict[str, Path], folder: Path) -> tuple[Path, Path | None]:
    """What is written, and what it is compared with."""
    files = control.files
    assert files is not None
    like = read.get(files.like) if files.like else next(iter(read.values()), None)
    kind = asked if asked in files.kinds else _kind(files, like)
    stem = f"{like.stem}_{control.name}" if like is not None else control.name
    return folder / f"{stem}{media.made_suffix(kind, like)}", like


def _kind(files: Any, like: Path | None) -> str:
    given = media.kind_of(like) if like is not None else ""
    fits = [kind for kind in files.kinds if (kind == given) is (files.like is not None)]
    return str((fits or files.kinds)[0])
