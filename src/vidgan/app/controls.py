"""The fields of a page, made from what a task declares of its options; no task is known here."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import gradio as gr
from omegaconf import OmegaConf

from vidgan.app import media
from vidgan.config import options
from vidgan.config.option_help import documented
from vidgan.config.task_parts import needed
from vidgan.inference.video_options import OutputOptions
from vidgan.limits import REQUIRED, Choices, Files, Range

_NOT_ASKED = {part.name for part in fields(OutputOptions)}  # each job writes into a folder of its own
_SLIDES = 300  # the most steps of a slider
FOLLOW = "as what is given"


@dataclass(frozen=True)
class Control:
    """One option on the page.

    Attributes:
        part: its declaration.
        hint: its type.
        parts: the components that show it, in the order of their values.
    """

    part: "Field[Any]"
    hint: Any
    parts: Sequence[Any]

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def files(self) -> Files | None:
        return self.part.metadata.get("file")

    @property
    def whole(self) -> bool:
        rule = self.part.metadata.get("rule")
        return bool(isinstance(rule, Range) and rule.whole)


def controls(asked: type, examples: Mapping[str, Path]) -> list[Control]:
    """Makes the fields in the column that gradio is making; those that a task has from elsewhere are folded away.

    Args:
        asked: a task's options.
        examples: a file that ships of each kind.
    """
    own = [part for part in fields(asked) if part.name not in _NOT_ASKED]
    first = sorted((part for part in own if _stands_first(part, asked)), key=_order)
    rest = [part for part in own if part not in first]
    told, hints = documented(asked), get_type_hints(asked)
    made = [_control(part, hints[part.name], told.get(part.name, ""), examples) for part in first]
    if rest:
        with gr.Accordion("More options", open=False):
            made += [_control(part, hints[part.name], told.get(part.name, ""), examples) for part in rest]
    drawn = {control.name: control for control in made}
    for control in made:
        if control.files and control.files.drawn_on in drawn:
            _show_first_frame(drawn[control.files.drawn_on], control)
    return made


def _stands_first(part: "Field[Any]", asked: type) -> bool:
    """What has to be given, and what the task itself declares."""
    files = part.metadata.get("file")
    if files is not None:
        return not files.written
    return needed(part) or part.name in vars(asked).get("__annotations__", {})


def _order(part: "Field[Any]") -> tuple[bool, bool]:
    """Files before values, and of both what has to be given before what may be."""
    return "file" not in part.metadata, not needed(part)


def _control(part: "Field[Any]", hint: Any, told: str, examples: Mapping[str, Path]) -> Control:
    info = told.replace("null", "empty").replace("Null", "Empty")
    label = part.name.replace("_", " ").capitalize()
    files = part.metadata.get("file")
    if files is None:
        return Control(part, hint, [_value(part, hint, label, info)])
    if files.written:
        return Control(part, hint, [gr.Dropdown([FOLLOW, *files.kinds], value=FOLLOW, label=f"Kind of {part.name}")])
    return Control(part, hint, _mask(files, label, info) if files.drawn_on else [_file(files, label, info, examples)])


def _value(part: "Field[Any]", hint: Any, label: str, info: str) -> Any:
    """The component of a value that is no file."""
    rule, kinds = part.metadata.get("rule"), get_args(hint) or (hint,)
    shared = {"label": label, "info": info}
    if part.metadata.get("component"):
        names = _without_questions(part)
        return gr.Dropdown(names, value=part.metadata["option"] or next(iter(names), None), **shared)
    if bool in kinds:
        return gr.Checkbox(bool(part.default), **shared)
    if isinstance(rule, Choices):
        empty = [("automatic", "")] if NoneType in kinds else []
        words = [(str(word), word) for word in rule.words]
        return gr.Dropdown([*empty, *words], value="" if part.default is None else part.default, **shared)
    if int in kinds or float in kinds:
        return _number(part, rule, shared)
    return gr.Textbox("" if needed(part) or part.default is None else str(part.default), max_length=300, **shared)


def _number(part: "Field[Any]", rule: Any, shared: dict[str, str]) -> Any:
    whole = isinstance(rule, Range) and rule.whole
    if isinstance(rule, Range) and not needed(part) and part.default is not None:
        span = rule.maximum - rule.minimum
        if span <= _SLIDES:
            step = 1 if whole else span / 100
            return gr.Slider(rule.minimum, rule.maximum, value=part.default, step=step, **shared)
    if part.default is None or needed(part):  # a field for numbers has no empty value
        return gr.Textbox("", placeholder="" if needed(part) else "automatic", max_length=40, **shared)
    return gr.Number(part.default, precision=0 if whole else None, **shared)


def _without_questions(part: "Field[Any]") -> list[str]:
    """The options of a component's group that can be chosen by name alone."""
    group = str(part.metadata.get("group")).partition("@")[0]
    found = [name for name in options.names(group) if name not in part.metadata["without"]]
    return [
        name for name in found if REQUIRED not in OmegaConf.to_yaml(OmegaConf.load(options.find(group, name) or ""))
    ]


def _file(files: Files, label: str, info: str, examples: Mapping[str, Path]) -> Any:
    """A place to drop a file, which is shown below."""
    gr.Markdown(f"**{label}**  \n{info}", elem_classes="told")
    dropped = gr.File(
        label=label, show_label=False, file_types=media.suffixes(files.kinds), height=150, elem_classes="drop"
    )
    example = next((examples[kind] for kind in files.kinds if kind in examples), None)
    if example is not None:
        gr.Button("Use the example that ships", size="sm").click(
            lambda: str(example), None, dropped, api_visibility="private", queue=False
        )
    clip = gr.Video(visible=False, interactive=False, show_label=False, height=220)
    picture = gr.Image(visible=False, interactive=False, show_label=False, height=220)
    dropped.change(_previews, dropped, [clip, picture], api_visibility="private", show_progress="hidden")
    return dropped


def _previews(path: str | None) -> tuple[Any, Any]:
    kind = media.kind_of(Path(path)) if path else ""
    plays, shows = kind == media.VIDEO and not str(path).endswith(".zip"), kind == media.PICTURE
    return (
        gr.update(value=path if plays else None, visible=plays),
        gr.update(value=path if shows else None, visible=shows),
    )


def _mask(files: Files, label: str, info: str) -> list[Any]:
    """A frame to draw on, and a place for a file instead."""
    gr.Markdown(f"**{label}**  \nDraw it on the first frame; it holds for all frames. Or drop a file.")
    editor = gr.ImageEditor(
        label=f"{label} drawn",
        show_label=False,
        type="pil",
        sources=[],
        transforms=[],
        layers=False,
        brush=gr.Brush(colors=["#ff2d78"], default_size=24, color_mode="fixed"),
        height=420,
    )
    with gr.Accordion(f"{label} of a file", open=False):
        gr.Markdown(info, elem_classes="told")
        dropped = gr.File(
            label=label, show_label=False, file_types=media.suffixes(files.kinds), height=150, elem_classes="drop"
        )
    return [editor, dropped]


def _show_first_frame(shown: Control, mask: Control) -> None:
    def first_frame(path: str | None) -> Any:
        return media.frame_of(Path(path), 0) if path else None

    shown.parts[0].change(first_frame, shown.parts[0], mask.parts[0], api_visibility="private")
