"""One's own options: they win over shipped ones of the same name, in all commands, and it is said."""

import importlib
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import pytest
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin

from vidgan.commands import evaluate, train
from vidgan.config import options
from vidgan.experiment.evaluation import protocol_config

OWN_CLIPS = """
_target_: vidgan.data.datamodule.ClipDataModule
root: ${paths.assets}/clips
batch_size: 4
frames: 5
patch: 96
eval_multiple: 0
"""
OWN_PROTOCOL = "{_target_: vidgan.protocols.protocol.Protocol, name: NAME, follows: the lab, metrics: {}}"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a data set of a shipped name, and protocols of a shipped and of another one."""
    folder = tmp_path / "my configs"
    (folder / "data").mkdir(parents=True)
    (folder / "data/clips.yaml").write_text(OWN_CLIPS)
    (folder / "protocols").mkdir()
    for name in ("default", "lab"):
        (folder / f"protocols/{name}.yaml").write_text(OWN_PROTOCOL.replace("NAME", f"own_{name}"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vidgan.experiment.training.fit", None)  # what is not refused would train for minutes
    return folder


@pytest.mark.parametrize("how", ["--config-dir", "hydra.searchpath"])
def test_an_own_option_wins_and_it_is_said(
    mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """The own data set cuts frames to multiples of nothing, and that is what the command complains of."""
    arguments = [how, str(mine)] if how.startswith("--") else [f"{how}=['file://{mine}']"]
    monkeypatch.setattr("sys.argv", ["vidgan-train", *arguments])
    with pytest.raises(SystemExit):
        train.main()
    said, error = capsys.readouterr().err.splitlines()[-2:]
    assert said == f"data/clips: yours, in {mine}, not the one that ships with vidgan."
    assert error.startswith("error: data.eval_multiple=0: expected")


def test_an_own_data_set_is_an_option_of_evaluate(
    mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["vidgan-evaluate", "--config-dir", str(mine), "run=x", "data=clips"])
    with pytest.raises(SystemExit):
        evaluate.main()
    assert f"data/clips: yours, in {mine}" in capsys.readouterr().err


def test_an_own_protocol_is_known_by_its_name(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with options.first_in([f"file://{mine}"]):
        assert protocol_config("lab").name == "own_lab"
        assert capsys.readouterr().err == ""
        assert protocol_config("default").name == "own_default"
        assert f"protocols/default: yours, in {mine}" in capsys.readouterr().err
        assert {"lab", "default", "vid4_bi_y"} <= set(options.names("protocols"))
    assert protocol_config("default").name == "default"


class LabConfigs(SearchPathPlugin):
    """As an installed package has it among the plugins of Hydra's."""

    folders: ClassVar[list[str]] = []

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in self.folders:
            search_path.append("lab", folder)


@pytest.mark.parametrize("how", ["--config-dir", "a package"])
def test_help_lists_ones_own_options(
    mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    Plugins.instance().register(LabConfigs)
    monkeypatch.setattr(LabConfigs, "folders", [] if how.startswith("--") else [f"file://{mine}"])
    monkeypatch.setattr("sys.argv", ["vidgan-train", "--help", *([how, str(mine)] if how.startswith("--") else [])])
    train.main()
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("protocols: "))
    names = line.removeprefix("protocols: ").split(", ")
    assert {"lab", "vid4_bi_y"} <= set(names)
    assert names.count("default") == 1


STEERING = {
    "callbacks.x": "callbacks: {x: {_target_: logging.FileHandler, filename: written}}",
    "job_logging.formatters.x": "job_logging: {formatters: {x: {(): subprocess.getoutput, cmd: touch written}}}",
    "launcher._target_": "launcher: {_target_: logging.FileHandler}",
    "run.dir": "run: {dir: written}",
    "job.env_set.WANDB_BASE_URL": "job: {env_set: {WANDB_BASE_URL: https://elsewhere}}",
}


@pytest.mark.parametrize("key", STEERING)
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_file_of_ones_own_does_not_steer_hydra(
    command: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which calls what it is told to before a command sees its configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine/protocols").mkdir(parents=True)
    (tmp_path / "mine/protocols/theirs.yaml").write_text(f"# @package _global_\nhydra: {{{STEERING[key]}}}\n")
    monkeypatch.setattr("sys.argv", [f"vidgan-{command}", "--config-dir", "mine", "+protocols=theirs"])
    with pytest.raises(SystemExit):
        {"train": train, "evaluate": evaluate}[command].main()
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("error: ")
    assert f"hydra.{key}" in error
    assert not (tmp_path / "written").exists()


def test_a_file_of_ones_own_says_how_to_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/mine.yaml").write_text(
        "# @package _global_\ndefaults: [/experiments/super_resolution/quickstart, _self_]\n"
        "hydra: {sweeper: {study: mine, trials: 0}}\n"
    )
    arguments = ["-m", "--config-dir", ".", "hydra/sweeper=study", "experiments=mine", "hydra.verbose=false"]
    monkeypatch.setattr("sys.argv", ["vidgan-train", *arguments])
    with pytest.raises(SystemExit):
        train.main()
    assert "The study has nothing to search" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "data", "export", "pose"])
@pytest.mark.parametrize(
    ("asked", "told"), [("--hydra-help", "== Flags =="), ("-sc install=bash", "hydra_bash_completion()")]
)
def test_hydra_tells_of_itself_without_a_run_or_a_verb(
    command: str, asked: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [f"vidgan-{command}", *asked.split()])
    with suppress(SystemExit):
        importlib.import_module(f"vidgan.commands.{command}").main()
    assert told in capsys.readouterr().out
