"""The page: what is chosen and given on the left, what is made of it on the right."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from omegaconf import DictConfig, OmegaConf

from vidgan.app import media
from vidgan.app.choices import Choice, choices
from vidgan.app.controls import Control, controls
from vidgan.app.jobs import Cancelled, Jobs, Progress
from vidgan.app.orders import Order, order_of
from vidgan.config.option_help import first_line
from vidgan.config.task_parts import known_tasks, options_of
from vidgan.errors import UserError

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_HIDDEN: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]


def theme() -> Any:
    """With fonts of the machine alone."""
    mono = ["ui-monospace", "Consolas", "monospace"]
    return gr.themes.Base(primary_hue="indigo", neutral_hue="slate", radius_size="lg", font=_FONT, font_mono=mono)


def told(text: str, part: float | None = None, kind: str = "") -> str:
    """A sentence, above a bar where it is about progress."""
    bar = "" if part is None else f'<div class="bar"><div style="width:{100 * part:.1f}%"></div></div>'
    return f'<div class="state {kind}" role="status"><p>{escape(text)}</p>{bar}</div>'


class Page:
    """What the page does.

    Args:
        config: of :class:`vidgan.config.command_schemas.AppConfig`.
        folder: for all that is uploaded and made.
    """

    def __init__(self, config: DictConfig, folder: Path) -> None:
        self._uploads, self._made, self._shipped = folder / "uploads", folder / "made", folder / "examples"
        for one in (self._uploads, self._made, self._shipped):
            one.mkdir()
        self.jobs = Jobs(config.minutes)
        self._most = media.Most(config.megapixels, config.frames)
        self._runs, self._cache = Path(config.paths.runs), Path(config.paths.cache)
        self._machine, self._paths = OmegaConf.to_container(config.machine), OmegaConf.to_container(config.paths)
        self._examples = self._copied(Path(config.paths.assets) / "clips")

    def _copied(self, clips: Path) -> dict[str, Path]:
        """Files that ship, one of each kind, where the page may hand them out."""
        shipped = {media.VIDEO: clips / "test/gym_side.mp4", media.POINTS: clips / "train/gym_back.pose.npz"}
        found = {kind: path for kind, path in shipped.items() if path.is_file()}
        made = {kind: Path(shutil.copy(path, self._shipped / path.name)) for kind, path in found.items()}
        if media.VIDEO in made:
            made[media.PICTURE] = self._shipped / f"{made[media.VIDEO].stem}.png"
            media.frame_of(made[media.VIDEO], 0).save(made[media.PICTURE])
        return made

    def _choices(self) -> dict[str, Choice]:
        return choices(self._runs, self._cache)

    def blocks(self) -> gr.Blocks:
        """All of it."""
        there = self._choices()
        first = next(iter(there.values()), None)
        tasks = dict.fromkeys([*(target for _, target in known_tasks()), *(one.task for one in there.values())])
        with gr.Blocks(title="vidgan", analytics_enabled=False, delete_cache=(600, 7200), fill_width=True) as made:
            gr.HTML("<header><h1>vidgan</h1><p>Try what was trained. All of it stays on this machine.</p></header>")
            with gr.Row(equal_height=False):
                with gr.Column(scale=5, min_width=320):
                    chosen = gr.Dropdown(list(there), value=first.label if first else None, label="Network")
                    about = gr.Markdown(first.about if first else "There is no run yet.", elem_classes="told")
                    forms = {task: self._form(task, first is not None and first.task == task) for task in tasks}
                with gr.Column(scale=6, min_width=320):
                    result = Result()
            names = {target: name for name, target in known_tasks()}
            for number, (task, (_, parts, start, stop)) in enumerate(forms.items()):
                self._connect(names.get(task, str(number)), task, chosen, parts, start, stop, result)
            columns = [column for column, *_ in forms.values()]
            chosen.change(lambda label: self._shown(label, list(forms)), chosen, [about, *columns], **_HIDDEN)
            made.load(lambda: gr.update(choices=list(self._choices())), None, chosen, **_HIDDEN)
            made.unload(self._left)
        made.queue(default_concurrency_limit=1, max_size=20, api_open=True)
        return made

    def _form(self, task: str, visible: bool) -> tuple[Any, Sequence[Control], Any, Any]:
        asked = options_of(task)
        with gr.Column(visible=visible) as column:
            gr.Markdown(f"### {first_line(asked)}")
            parts = controls(asked, self._examples)
            with gr.Row():
                start = gr.Button("Run", variant="primary", elem_classes="start")
                stop = gr.Button("Cancel", variant="secondary", elem_classes="stop")
        return column, parts, start, stop

    def _shown(self, label: str, tasks: list[str]) -> list[Any]:
        """What changes with the network: the sentence about it, and which form is seen."""
        choice = self._choices().get(label)
        seen = [gr.update(visible=choice is not None and choice.task == task) for task in tasks]
        return [choice.about if choice else "", *seen]

    def _connect(
        self, name: str, task: str, chosen: Any, parts: Sequence[Control], start: Any, stop: Any, result: "Result"
    ) -> None:
        def run(request: gr.Request, label: str, before: Any, *values: Any) -> Iterator[Any]:
            self._forget(before)
            choice = self._choices().get(label)
            yield from self._run(choice, task, parts, values, str(request.session_hash), result)

        def cancel(request: gr.Request) -> str:
            there = self.jobs.cancel(str(request.session_hash))
            return told("The job was cancelled; nothing of it is kept." if there else "No job is running.")

        inputs = [chosen, result.kept, *(one for control in parts for one in control.parts)]
        job = start.click(
            run,
            inputs,
            result.outputs,
            concurrency_id="job",
            concurrency_limit=1,
            api_name=f"run_{name}",
            show_progress="hidden",
        )
        stop.click(
            cancel, None, result.state, queue=False, cancels=[job], api_name=f"cancel_{name}", show_progress="hidden"
        )

    def _run(
        self,
        choice: Choice | None,
        task: str,
        parts: Sequence[Control],
        values: Sequence[Any],
        owner: str,
        result: "Result",
    ) -> Iterator[Any]:
        folder = Path(tempfile.mkdtemp(dir=self._made))
        finished = False
        try:
            if choice is None or choice.task != task:
                raise UserError("This network is not here any more; choose another one.")
            order = order_of(parts, values, self._uploads, folder, self._most)
            yield result.waiting(told("Loading the network", 0.0))
            for progress in self.jobs.run(owner, order.of(choice, self._machine, self._paths)):
                yield result.waiting(self._bar(progress))
            shown = result.finished(order, folder)
            finished = True
            yield shown
        except UserError as error:
            kind = "" if isinstance(error, Cancelled) else "wrong"
            yield result.waiting(told(self._without_folders(str(error), folder), kind=kind))
        finally:
            if not finished:
                shutil.rmtree(folder, ignore_errors=True)

    def _bar(self, progress: Progress) -> str:
        return told(progress.text, progress.part)

    def _without_folders(self, text: str, folder: Path) -> str:
        """A sentence in which files have their names alone."""
        words = [word if str(folder.parent.parent) not in word else _base(word) for word in text.split(" ")]
        return " ".join(words)

    def _forget(self, before: Any) -> None:
        """Removes what was made before for the same person."""
        if isinstance(before, dict):
            shutil.rmtree(before["folder"], ignore_errors=True)

    def _left(self, request: gr.Request) -> None:
        """Somebody has closed the page."""
        self.jobs.cancel(str(request.session_hash))


def _base(word: str) -> str:
    key, equals, path = word.rpartition("=")
    return f"{key}{equals}{path.rpartition('/')[2]}"


class Result:
    """What was made: a video that plays, before and after, and the file; made in the column that gradio is making.

    Attributes:
        state: a sentence, or how far the job is.
        kept: where the result is, on the server alone.
        outputs: all components that a job fills.
    """

    def __init__(self) -> None:
        self.state = gr.HTML(told("Give what the network asks for, then press Run."))
        self.kept = gr.State(None, time_to_live=3600, delete_callback=_removed)
        self._slider = gr.ImageSlider(label="Before and after", visible=False, interactive=False, max_height=560)
        self._frame = gr.Slider(1, 2, value=1, step=1, label="Frame", visible=False)
        self._picture = gr.Image(label="Result", visible=False, interactive=False)
        self._video = gr.Video(label="Result", height=520, visible=False, interactive=False, autoplay=True, loop=True)
        self._file = gr.File(label="Download", visible=False, interactive=False)
        self.outputs = [*(self.state, self.kept, self._slider, self._frame, self._picture, self._video, self._file)]
        self._frame.release(_compared, [self.kept, self._frame], self._slider, **_HIDDEN)

    def waiting(self, state: str) -> list[Any]:
        """Nothing but the state."""
        hidden = gr.update(value=None, visible=False)
        return [state, None, hidden, gr.update(visible=False), hidden, hidden, hidden]

    def finished(self, order: Order, folder: Path) -> list[Any]:
        """
        Raises:
            UserError: what was made cannot be read.
        """
        kind, count = media.kind_of(order.out), media.count_of(order.out)
        plays, compares = kind == media.VIDEO, count > 0 and order.shown is not None and media.count_of(order.shown) > 0
        kept = {"folder": str(folder), "out": str(order.out), "shown": str(order.shown) if compares else None}
        middle = (count + 1) // 2
        return [
            told(f"Done: {order.out.name}, {order.out.stat().st_size / 1e6:,.2f} MB", kind="done"),
            kept,
            gr.update(value=_compared(kept, middle), visible=compares),
            gr.update(value=max(1, middle), maximum=max(2, count), visible=compares and count > 1),
            gr.update(
                value=str(order.out) if count and not plays and not compares else None,
                visible=count > 0 and not plays and not compares,
            ),
            gr.update(value=str(order.out) if plays else None, visible=plays),
            gr.update(value=str(order.out), visible=True),
        ]


def _compared(kept: Any, frame: int) -> Any:
    if not isinstance(kept, dict) or kept["shown"] is None:
        return None
    return media.pair(Path(kept["shown"]), Path(kept["out"]), int(frame) - 1)


def _removed(kept: Any) -> None:
    if isinstance(kept, dict):
        shutil.rmtree(kept["folder"], ignore_errors=True)
