"""Names of files on the command line, taken as they are written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from vidgan.config.command_schemas import PredictConfig, with_options
from vidgan.config.schema import TrainConfig
from vidgan.config.spelling import as_meant
from vidgan.inference.options import UseOptions
from vidgan.limits import REQUIRED
from vidgan.tasks.pose_transfer import options

NAMES = [
    "Bunny (1080p) [HR].mp4",
    "a,b.mp4",
    "it's.mp4",
    'say "hi".mp4',
    'it\'s "both".mp4',
    "x=y.mp4",
    "a:b.mp4",
    "100%.mp4",
    "a&b;c.mp4",
    "{a}.mp4",
    "[HR] film.mp4",
    "#1!.mp4",
    "фильм.mp4",
    "映画 1.mp4",
    "été.mov",
    "back\\slash.mp4",
    "back\\'quote.mp4",
    "ends\\",
    "1.10",
    "null.mp4",
    "choice(a,b).mp4",
    "a  b.mp4",
    "-dash.mp4",
    "plain.mp4",
]


def read(override: str) -> Any:
    return OverridesParser.create().parse_override(override).value()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["input", "output", "weights"])
def test_any_name_is_read_as_it_is_written(key: str, name: str) -> None:
    for place in (name, f"/films/{name}", f"films/2024 (old)/{name}"):
        assert read(as_meant(f"{key}={place}", PredictConfig)) == place


@pytest.mark.parametrize("name", NAMES)
def test_so_are_those_that_a_task_asks_for(name: str) -> None:
    @dataclass
    class Options(UseOptions):
        picture: str = REQUIRED
        skeleton: str | None = None

    for root, key in ((with_options(Options), "picture"), (with_options(options.Options), "source")):
        assert read(as_meant(f"{key}={name}", root)) == name


@pytest.mark.parametrize("key", ["data.root", "warm_start.generator", "paths.runs"])
def test_so_are_the_folders_of_a_training(key: str) -> None:
    assert read(as_meant(f"{key}=my clips, 2024 (old)", TrainConfig)) == "my clips, 2024 (old)"


@pytest.mark.parametrize(("given", "value"), [("'a,b.mp4'", "a,b.mp4"), ('"a b.mp4"', "a b.mp4"), ("null", None)])
def test_quotes_of_hydra_and_null_mean_what_they_did(given: str, value: str | None) -> None:
    assert read(as_meant(f"input={given}", PredictConfig)) == value


def test_a_sweep_keeps_its_commas_unless_a_file_has_them(tmp_path: Path) -> None:
    (tmp_path / "a,b").mkdir()
    swept = f"data.root={tmp_path}/c,{tmp_path}/d"
    assert as_meant(swept, TrainConfig, sweeps=True) == swept
    assert as_meant("seed=1,2", TrainConfig, sweeps=True) == "seed=1,2"
    assert read(as_meant(f"data.root={tmp_path}/a,b", TrainConfig, sweeps=True)) == f"{tmp_path}/a,b"


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read(as_meant("input=~/it's (1).mp4", PredictConfig)) == f"{tmp_path}/it's (1).mp4"
