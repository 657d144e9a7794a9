"""Networks in files for others: safetensors that say what they hold, and ONNX graphs checked against the network."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from torch import nn

from vidgan.console import say
from vidgan.errors import UserError
from vidgan.experiment.networks import DESCRIPTION, TASK, describe, load_network, task_of_weights, weights_of
from vidgan.experiment.subject import task_of
from vidgan.generators.base import Generator
from vidgan.inference.outputs import allow_overwriting
from vidgan.weights import save_weights

Writer = Callable[[nn.Module, DictConfig, str | None, Path, bool], str]


def export(config: DictConfig) -> Path:
    """Writes the generator of a run or of a file of weights to ``output``; its suffix is the format.

    Raises:
        UserError: the run, the weights or the output is at fault, or the network has no form in the format.
    """
    out = Path(config.output)
    if out.suffix not in FORMATS:
        raise UserError(f"output={out}: there is no such format; expected {' or '.join(FORMATS)}.")
    if out.is_dir():
        raise UserError(f"output={out} is a folder; give the name of a file.")
    folder, weights = weights_of(config)
    if out.resolve() == weights.resolve():
        raise UserError(f"output={out} is the weights themselves; choose another name.")
    allow_overwriting([out], config.overwrite)
    description = describe(folder, weights)
    task = task_of(folder) if folder else task_of_weights(weights)
    say(FORMATS[out.suffix](load_network(description, weights), description, task, out, config.overwrite))
    return out


def _safetensors(network: nn.Module, description: DictConfig, task: str | None, out: Path, overwrite: bool) -> str:
    plain: Any = OmegaConf.to_container(description, resolve=True)
    save_weights(network.state_dict(), out, {DESCRIPTION: json.dumps(plain)} | ({TASK: task} if task else {}))
    return f"written to {out}: {type(network).__name__}; use it as weights={out}"


def _onnx(network: nn.Module, description: DictConfig, task: str | None, out: Path, overwrite: bool) -> str:
    if absent := [name for name in ("onnx", "onnxscript", "onnxruntime") if find_spec(name) is None]:
        raise UserError(f"ONNX needs {', '.join(absent)}: pip install 'vidgan[export]'.")
    if not isinstance(network, Generator):
        raise UserError(
            f"output={out}: {type(network).__name__} is no vidgan.generators.base.Generator, which would say how it is "
            f"called; export it as .safetensors."
        )
    from vidgan.experiment.onnx import graphs, write_onnx  # of the extra "export"

    allow_overwriting([path for path in graphs(network, out) if path != out], overwrite)
    return "\n".join(
        f"written to {graph.path}: inputs {', '.join(graph.inputs)}; outputs {', '.join(graph.outputs)}; at most "
        f"{graph.difference:.1e} from the network, by onnxruntime on other sizes"
        for graph in write_onnx(network, out)
    )


FORMATS: dict[str, Writer] = {".safetensors": _safetensors, ".onnx": _onnx}
