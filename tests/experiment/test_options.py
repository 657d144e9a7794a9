"""One's own options: they win over shipped ones of the same name, in all commands, and it is said."""

from pathlib import Path

import pytest

from vidgan import evaluate, train
from vidgan.experiment import options
from vidgan.experiment.evaluation import protocol_config

OWN_CLIPS = """
_target_: vidgan.data.datamodule.ClipDataModule
root: ${paths.assets}/clips
batch_size: 4
frames: 5
patch: 96
eval_multiple: 0
"""
OWN_PROTOCOL = "{_target_: vidgan.metrics.protocol.Protocol, name: NAME, follows: the lab, metrics: {}}"


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
    monkeypatch.setattr("vidgan.experiment.training._fit", None)  # what is not refused would train for minutes
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
