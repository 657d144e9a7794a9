"""The first 20 iterations of every experiment, made tiny, as numbers that a change of recipe or engine moves.

``python -m tests.golden.curves [experiment ...]`` writes them anew, after a change that is meant to move them.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from math import isclose
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from tests.conftest import FEWEST, code_little, on_shipped_data
from tests.engine.test_adversarial import Steps
from vidgan.backbones.vgg import VGG19Features
from vidgan.commands.hydra_command import register
from vidgan.config.paths import CONF, EXPERIMENTS
from vidgan.engine.adversarial import AdversarialTask
from vidgan.experiment.build import build_data, build_task, build_trainer

ITERATIONS = 20
FILE = Path(__file__).with_name("curves.json")
EXPERIMENTS = sorted(path.relative_to(EXPERIMENTS).with_suffix("").as_posix() for path in EXPERIMENTS.glob("*/*.yaml"))
#: The most of what makes networks large.
_MOST = {"channels": 8, "blocks": 2, "size": 32}

#: A number for each iteration by name; None where it was not logged.
Curves = Mapping[str, list[float | None]]


def vgg19(folder: Path) -> Path:
    """A VGG19 of random weights under which activations keep their scale through its layers."""
    torch.manual_seed(0)
    network = VGG19Features()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
    torch.save(network.state_dict(), path := folder / "vgg19.pth")
    return path


def tiny(experiment: str, folder: Path, *overrides: str) -> DictConfig:
    """The experiment on one thread with narrow networks, small crops and players that start by the sixth iteration."""
    register()
    shipped = on_shipped_data(experiment)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(
            "train",
            [
                *(
                    f"experiments={experiment}",
                    *shipped,
                    f"paths.runs={folder}/runs",
                    f"paths.cache={folder}/cache",
                ),
                *(f"engine.iterations={ITERATIONS}", "engine.log_every=1", "data.batch_size=2"),
                *("machine=cpu", "machine.workers=0", "machine.threads=1", "machine.precision=32-true"),
            ],
        )
    if "perceptual" in config.losses:
        config.losses.perceptual.loss.weights = str(vgg19(folder))
    if config.engine.tbptt is not None:
        config.engine.tbptt = 2
    fewest = FEWEST.get(experiment.partition("/")[0], 0)
    for key, most in (("frames", max(fewest, 3 if config.engine.tbptt is None else 4)), ("patch", 32)):
        if key in config.data:
            config.data[key] = min(config.data[key], most)
    code_little(config)
    _shrink(config.networks)
    if "height" in config.data:
        _shrink(config.data)
    for part in (*config.players.values(), *config.losses.values()):
        part.start = min(part.start, 5)
    return OmegaConf.merge(config, OmegaConf.from_dotlist(list(overrides)))


def _shrink(node: DictConfig) -> None:
    for key, value in node.items():
        if isinstance(value, DictConfig):
            _shrink(value)
        elif key in _MOST and isinstance(value, int):
            node[key] = min(value, _MOST[str(key)])
        elif key in ("height", "width") and value > 64 and not OmegaConf.is_interpolation(node, key):
            node[key] = value // 2


def curves_of(config: DictConfig, folder: Path) -> dict[str, list[float | None]]:
    """What its training logs, every term times its weight, and how far each network has come from where it started."""
    task, logger = build_task(config), Steps()
    before = {key: value.clone() for key, value in task.state_dict().items()}
    drifts: list[dict[str, float]] = []
    task.on_train_batch_end = lambda *_: drifts.append(dict(_drift(task, before)))
    trainer = build_trainer(
        config.machine, [], [logger], max_steps=ITERATIONS, max_epochs=-1, limit_val_batches=0, default_root_dir=folder
    )
    trainer.fit(task, datamodule=build_data(config.data, config.machine, config.paths))
    rows: list[dict[str, float]] = [
        {**row, **_weighted(task, row), **drift} for (_, row), drift in zip(logger.rows, drifts, strict=True)
    ]
    names = sorted({name for row in rows for name in row if "accuracy" not in name})  # of few logits: it jumps
    return {name: [row.get(name) for row in rows] for name in names}


def _weighted(task: AdversarialTask, row: Mapping[str, float]) -> dict[str, float]:
    return {
        f"weighted/{name}": term.weight * row[f"loss/{name}"]
        for name, term in task.terms.items()
        if f"loss/{name}" in row
    }


def _drift(task: AdversarialTask, before: Mapping[str, Tensor]) -> Iterator[tuple[str, float]]:
    """The L2 distance of each player's part, and of each average, from its first weights."""
    now, places = task.state_dict(), {id(value): key for key, value in task.named_parameters()}
    for name, move in task.moves.items():
        keys = [places[id(parameter)] for parameter in move.parameters]
        yield f"drift/{name}", _distance(now, before, keys)
    for name in task.averages:
        keys = [key for key, _ in task.named_parameters() if key.startswith(f"averages.{name}.")]
        yield f"drift/average of {name}", _distance(now, before, keys)


def _distance(now: Mapping[str, Tensor], before: Mapping[str, Tensor], keys: list[str]) -> float:
    return sum(float((now[key].cpu() - before[key].cpu()).double().square().sum()) for key in keys) ** 0.5


def recorded() -> dict[str, Any]:
    return json.loads(FILE.read_text())


def differences(made: Curves, wanted: Curves, tolerance: Callable[[str, int], float]) -> Iterator[str]:
    """One sentence for each name that is missing or new, or whose number leaves its recorded value, and first where.

    Args:
        made, wanted: now and as recorded.
        tolerance: relative, of a name at an iteration.
    """
    for name in sorted({*made, *wanted}):
        if name not in made or name not in wanted:
            yield f"{name} is {'new' if name in made else 'missing'}"
            continue
        for iteration, (now, then) in enumerate(zip(made[name], wanted[name], strict=True)):
            if (now is None) != (then is None) or (
                now is not None and then is not None and not isclose(now, then, rel_tol=tolerance(name, iteration))
            ):
                yield f"{name} is {now} in iteration {iteration}, recorded {then}"
                break


def record(experiments: list[str]) -> None:
    """Writes the curves of these experiments, and leaves those of the others."""
    known = {name: curves for name, curves in (recorded() if FILE.is_file() else {}).items() if name in EXPERIMENTS}
    for experiment in experiments:
        with tempfile.TemporaryDirectory() as folder:
            known[experiment] = curves_of(tiny(experiment, Path(folder)), Path(folder))
    parts = []
    for experiment in sorted(known):
        lines = [
            f"  {json.dumps(name)}: [{', '.join('null' if x is None else f'{x:.7g}' for x in values)}]"
            for name, values in known[experiment].items()
        ]
        parts.append(f"{json.dumps(experiment)}: {{\n" + ",\n".join(lines) + "\n}")
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    record(sys.argv[1:] or EXPERIMENTS)
