"""Weight files: every published container and key variant loads; everything else is refused in one sentence."""

import hashlib
import http.server
import pickle
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import safetensors
import torch
from torch import Tensor, nn

from tests.published import flat_rrdbnet_keys, mmagic_keys, old_rrdbnet_keys
from vidgan.errors import UserError
from vidgan.generators.basicvsr import BasicVSR
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.generators.srresnet import MSRResNet
from vidgan.weights import fetch, load_weights, read_state, save_weights

State = dict[str, Tensor]


def network() -> MSRResNet:
    return MSRResNet(channels=4, blocks=1)


def other_values(state: State) -> State:
    return {key: value + 1 for key, value in state.items()}


def saved(content: object, folder: Path, name: str = "weights.pth") -> Path:
    torch.save(content, folder / name)
    return folder / name


def assert_loads(path: Path, into: nn.Module, expected: State) -> None:
    load_weights(into, path)
    state = into.state_dict()
    assert set(state) == set(expected)
    assert all(torch.equal(state[key], expected[key]) for key in expected)


@pytest.mark.parametrize(
    "container",
    ["model_state_dict", "state_dict", "params_ema", "params-ema", "params", "model", "net", "netG", None],
)
@pytest.mark.parametrize("prefix", ["", "module.", "netG."])
def test_containers_and_prefixes(container: str | None, prefix: str, tmp_path: Path) -> None:
    expected = other_values(network().state_dict())
    state = {prefix + key: value for key, value in expected.items()}
    assert_loads(saved({container: state} if container else state, tmp_path), network(), expected)


def test_averaged_weights_come_before_raw_ones(tmp_path: Path) -> None:
    raw = network().state_dict()
    averaged = other_values(raw)
    assert_loads(saved({"params": raw, "params_ema": averaged}, tmp_path), network(), averaged)


def test_mmagic_checkpoint_holds_more_than_the_generator(tmp_path: Path) -> None:
    raw = BasicVSR(channels=4, blocks=1).state_dict()
    averaged = other_values(raw)
    state = {"generator." + key: value for key, value in mmagic_keys(raw).items()}
    state |= {"generator_ema." + key: value for key, value in mmagic_keys(averaged).items()}
    state |= {"step_counter": torch.zeros(1), "perceptual_loss.vgg.0.weight": torch.zeros(2)}
    path = saved({"meta": {"epoch": 3}, "state_dict": state}, tmp_path)
    assert_loads(path, BasicVSR(channels=4, blocks=1), averaged)


def test_mmagic_keys_are_all_translated() -> None:
    published = mmagic_keys(BasicVSR().state_dict())
    assert len(published) == 316
    assert {
        "spynet.basic_module.0.basic_module.4.conv.bias",
        "backward_resblocks.main.2.29.conv1.weight",
        "forward_resblocks.main.0.weight",
        "upsample2.upsample_conv.weight",
    } <= set(published)


@pytest.mark.parametrize("variant", ["old", "flat"])
def test_older_rrdbnet_keys(variant: str, tmp_path: Path) -> None:
    def small() -> RRDBNet:
        return RRDBNet(channels=4, blocks=2, growth=2)

    expected = other_values(small().state_dict())
    state = old_rrdbnet_keys(expected) if variant == "old" else flat_rrdbnet_keys(expected)
    assert not set(state) & (
        set(expected) - {"conv_first.weight", "conv_first.bias", "conv_last.weight", "conv_last.bias"}
    )
    assert_loads(saved(state, tmp_path), small(), expected)


def test_safetensors_round_trip_with_metadata(tmp_path: Path) -> None:
    source = network().to(memory_format=torch.channels_last)
    path = tmp_path / "new" / "weights.safetensors"
    save_weights(source.state_dict(), path, {"run": "quickstart-1a2b"})
    assert_loads(path, network(), source.state_dict())
    with safetensors.safe_open(path, "pt") as file:
        assert file.metadata().items() >= {"run": "quickstart-1a2b"}.items()
    assert [entry.name for entry in path.parent.iterdir()] == ["weights.safetensors"]


def test_half_precision_files_load_into_single_precision(tmp_path: Path) -> None:
    state = network().half().state_dict()
    assert_loads(saved(state, tmp_path), network(), {key: value.float() for key, value in state.items()})


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("code of the file was run",)


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved({"params": Malicious()}, tmp_path)
    with pytest.raises(UserError, match=r"weights.pth cannot be read: .*safetensors"):
        load_weights(network(), path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize(
    "content", [b"", b"no weights at all", pickle.dumps([1, 2], protocol=2)[:-3]], ids=["empty", "text", "cut"]
)
def test_a_damaged_file_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name} cannot be read"):
        load_weights(network(), tmp_path / name)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1).expand(1000, 1000),
        torch.zeros(1000).as_strided((500, 500), (1, 1)),
        torch.empty(10**6, 10**6, device="meta"),
        torch.sparse_coo_tensor(torch.zeros(1, 1, dtype=torch.long), torch.ones(1), (10**9,), check_invariants=True),
    ],
    ids=["repeated", "overlapping", "without values", "sparse"],
)
def test_shapes_without_values_are_refused(tensor: Tensor, tmp_path: Path) -> None:
    """A network of such shapes would take any memory."""
    path = tmp_path / "a.pth"
    torch.save({"params": {"conv.weight": tensor}}, path)
    with pytest.raises(UserError, match=r"a\.pth cannot be read"):
        read_state(path)


def test_many_views_of_the_same_values_are_refused(tmp_path: Path) -> None:
    path, values = tmp_path / "a.pth", torch.zeros(100_000)
    torch.save({"params": {str(number): values for number in range(100)}}, path)
    with pytest.raises(UserError, match=r"a\.pth cannot be read"):
        read_state(path)


def test_a_packed_archive_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    torch.save({"params": {"a": torch.zeros(100_000)}}, tmp_path / "plain.pth")
    with zipfile.ZipFile(tmp_path / "plain.pth") as plain:
        parts = {name: plain.read(name) for name in plain.namelist()}
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    assert read_state(tmp_path / "plain.pth")["a"].numel() == 100_000
    with pytest.raises(UserError, match=r"bomb\.pth cannot be read"):
        read_state(tmp_path / "bomb.pth")


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    path = saved(network().state_dict(), tmp_path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(UserError, match=r"weights.pth cannot be read"):
        load_weights(network(), path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no weight file .*absent.pth"):
        load_weights(network(), tmp_path / "absent.pth")


def test_another_kind_of_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(UserError, match=r"clip.mp4 is no weight file: .*\.safetensors, \.pth, \.pt, \.ckpt"):
        load_weights(network(), tmp_path / "clip.mp4")


def test_differences_are_counted_and_the_first_named(tmp_path: Path) -> None:
    state = MSRResNet(channels=4, blocks=3).state_dict()
    state["conv_last.weight"] = torch.zeros(3, 5, 3, 3)
    del state["conv_hr.bias"]
    with pytest.raises(UserError) as error:
        load_weights(network(), saved(state, tmp_path))
    message = str(error.value)
    assert "does not fit MSRResNet: 1 missing (conv_hr.bias)" in message
    assert "8 unexpected (body.1.conv1.weight, body.1.conv1.bias, body.1.conv2.weight, ...)" in message
    assert "1 of another shape (conv_last.weight: (3, 5, 3, 3) in the file, (3, 4, 3, 3) in the network)" in message


def test_a_refused_file_leaves_the_network_as_it_was(tmp_path: Path) -> None:
    target = network()
    before = {key: value.clone() for key, value in target.state_dict().items()}
    state = other_values(before)
    del state["conv_last.bias"]
    with pytest.raises(UserError):
        load_weights(target, saved(state, tmp_path))
    assert all(torch.equal(value, before[key]) for key, value in target.state_dict().items())


@pytest.mark.parametrize("content", [[1, 2], {"params": {}}, {"epoch": 3}])
def test_a_file_without_weights_does_not_fit(content: object, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not fit MSRResNet: 14 missing"):
        load_weights(network(), saved(content, tmp_path))


def test_writing_where_one_cannot_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"weights.safetensors cannot be written \(File exists\)"):
        save_weights(network().state_dict(), tmp_path / "file" / "weights.safetensors")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


CONTENT = b"the weights of a network"
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path.startswith("/vgg.pth")
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(CONTENT) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_fetch_downloads_once(server: str, tmp_path: Path) -> None:
    path = fetch(f"{server}/vgg.pth?download=1", CHECKSUM, tmp_path / "cache")
    assert path == tmp_path / "cache" / "vgg.pth"
    assert path.read_bytes() == CONTENT
    assert fetch("http://127.0.0.1:1/vgg.pth", CHECKSUM, tmp_path / "cache") == path  # nobody answers there


def test_fetch_replaces_a_damaged_copy(server: str, tmp_path: Path) -> None:
    (tmp_path / "vgg.pth").write_bytes(CONTENT[:5])
    assert fetch(f"{server}/vgg.pth", CHECKSUM, tmp_path).read_bytes() == CONTENT


def test_fetch_keeps_nothing_with_another_checksum(server: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"has the SHA-256 {CHECKSUM}, not 00"):
        fetch(f"{server}/vgg.pth", "0" * 64, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["{server}/absent.pth", "http://127.0.0.1:1/absent.pth", "file:///absent.pth"])
def test_fetch_says_where_to_put_the_file_by_hand(address: str, server: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"Could not download .*put the file at {tmp_path / 'absent.pth'}"):
        fetch(address.format(server=server), CHECKSUM, tmp_path)
    assert list(tmp_path.iterdir()) == []
