"""Weights in files: published ones are read in every common container, ours are written as safetensors.

Own code because no library reads published video networks: spandrel covers single images only.
"""

import hashlib
import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from vidgan.atomic import replacing
from vidgan.errors import UserError

State = dict[str, Tensor]

CHECKSUM = "crc32"  # the entry of a safetensors file's metadata that its tensors are held to

PICKLED = (".pth", ".pt", ".ckpt")
# The first that is there is opened: averaged weights before raw ones.
CONTAINERS = ("model_state_dict", "state_dict", "params_ema", "params-ema", "params", "model", "net", "netG")
# Where a prefix occurs, only the keys under it are weights: DDP, mmagic (averaged before raw), video-to-video code.
PREFIXES = ("module.", "generator_ema.", "generator.", "netG.")
_SHARED = 8  # times the size of a file that its tensors may take together, as parts of a network may share theirs
NAMED = 3  # keys that an error message lists of each kind


def load_weights(network: nn.Module, path: str | Path) -> None:
    """Loads ``path`` (.safetensors, .pth, .pt, .ckpt) into ``network``; every key and every shape must fit.

    Containers (``params_ema``, ``state_dict``, ...) and prefixes (``module.``, ``generator_ema.``, ...) are removed.
    Other published key names are translated by the ``aliases`` of the network and its parts: pairs of a regular
    expression and its replacement. Keys that start with one of the network's ``unused`` prefixes are left out.
    Pickles are read with ``weights_only=True``.

    Raises:
        UserError: the file is missing, unreadable, unsafe, or of another architecture.
    """
    path = Path(path)
    if problems := fit(network, read_state(path)):
        raise UserError(
            f"{path} does not fit {type(network).__name__}: {problems}. "
            "Choose the architecture and the sizes that the weights were trained with."
        )


def read_state(path: str | Path) -> State:
    """The tensors in a weight file by their keys, out of their container.

    Raises:
        UserError: the file is missing, unreadable or unsafe.
    """
    path = Path(path)
    content = _read(path)
    with _readable(path):
        state = _tensors(content)
        _refuse_unfounded(state, path.stat().st_size)
    return state


def read_metadata(path: str | Path) -> dict[str, str]:
    """The text in a safetensors file beside its tensors; nothing for other files.

    Raises:
        UserError: the file is missing or unreadable.
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        return {}
    _refuse_missing(path)
    with _readable(path), safetensors.safe_open(path, "pt") as file:
        return dict(file.metadata() or {})


def fit(network: nn.Module, state: State) -> str:
    """Loads a state dict under any published key names if all of it fits; else tells what does not, and loads nothing.

    Returns:
        ``"5 missing (a, b, c, ...); 1 unexpected (d)"``; empty when the weights were loaded.
    """
    state = _fit_names(state, network)
    if not (problems := _differences(state, network.state_dict())):
        network.load_state_dict(state)
    return problems


def misfit(network: nn.Module, state: State) -> str:
    """What :func:`fit` would tell; loads nothing, so that the network may be on the meta device."""
    return _differences(_fit_names(state, network), network.state_dict())


def _differences(state: State, expected: Mapping[str, Tensor]) -> str:
    problems = [
        _listing("missing", [key for key in expected if key not in state]),
        _listing("unexpected", [key for key in state if key not in expected]),
        _listing(
            "of another shape",
            [
                f"{key}: {tuple(value.shape)} in the file, {tuple(expected[key].shape)} in the network"
                for key, value in state.items()
                if key in expected and value.shape != expected[key].shape
            ],
        ),
    ]
    return "; ".join(filter(None, problems))


def without_prefix(state: State, kept: Collection[str] = ()) -> State:
    """The weights under a prefix such as ``module.`` where there is one; keys in ``kept`` are no prefixes."""
    for prefix in PREFIXES:
        within = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        if within and not any(key.startswith(prefix) for key in kept):
            state = within
    return state


def renamed(state: State, aliases: Sequence[tuple[str, str]], kept: Collection[str] = ()) -> State:
    """The state dict with each pair's regular expression replaced in its keys, those in ``kept`` aside."""
    return {key if key in kept else _translate(key, aliases): value for key, value in state.items()}


def save_weights(state_dict: Mapping[str, Tensor], path: str | Path, metadata: Mapping[str, str] | None = None) -> None:
    """Writes tensors and text as safetensors, whole or not at all.

    Raises:
        UserError: the folder cannot be written to, or the disk is full.
    """
    # A copy each, since safetensors takes neither strided (channels-last) nor shared memory.
    tensors = {
        key: value.detach().cpu().clone(memory_format=torch.contiguous_format) for key, value in state_dict.items()
    }
    content = safetensors.torch.save(tensors, {**(metadata or {}), CHECKSUM: _checksum(tensors)})
    with replacing(Path(path)) as temporary:
        temporary.write_bytes(content)


def fetch(url: str, sha256: str, folder: str | Path) -> Path:
    """The file behind ``url`` in ``folder``, downloaded unless it is there with the right checksum.

    Args:
        url: http(s):// or file://; its last part is the file's name.
        sha256: the file's SHA-256 in hexadecimal, or its first digits where no more is published.

    Raises:
        UserError: the download failed, or what came has another checksum; nothing is left behind.
    """
    path = Path(folder) / Path(urllib.parse.urlparse(url).path).name
    if path.is_file() and _sha256(path).startswith(sha256):
        return path
    with replacing(path) as temporary, temporary.open("wb") as file:
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                digest = hashlib.sha256()
                while chunk := response.read(1 << 20):
                    digest.update(chunk)
                    file.write(chunk)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise UserError(f"Could not download {url} ({error}); put the file at {path} by hand.") from error
        if not digest.hexdigest().startswith(sha256):
            raise UserError(f"{url} has the SHA-256 {digest.hexdigest()}, not {sha256}; it was not kept.")
    return path


def verified(path: str | Path, sha256: str, source: str = "") -> Path:
    """A file of weights that a metric or a loss needs, after a look at its checksum.

    Args:
        path: where it should be.
        sha256: its SHA-256 in hexadecimal, or the first digits; empty trusts the file.
        source: where it is published, for the error message.

    Raises:
        UserError: it is not there, or has another checksum.
    """
    path = Path(path)
    published = f" It is published as {source}." if source else ""
    if not path.is_file():
        raise UserError(f"There is no weight file {path}.{published}")
    if not (found := _sha256(path)).startswith(sha256.lower()):
        raise UserError(f"{path} has the SHA-256 {found}, not {sha256}: it is damaged or another file.{published}")
    return path


def _read(path: Path) -> object:
    _refuse_missing(path)
    if path.suffix != ".safetensors" and path.suffix not in PICKLED:
        raise UserError(f"{path} is no weight file: its name should end in .safetensors, {', '.join(PICKLED)}.")
    with _readable(path):
        if path.suffix == ".safetensors":
            state = safetensors.torch.load_file(path)
            if read_metadata(path).get(CHECKSUM) not in (None, _checksum(state)):
                raise ValueError("a tensor is not what was written")
            return state
        refuse_flipped(path)
        with warnings.catch_warnings():  # what cannot be read is told below
            warnings.filterwarnings("ignore", "Detected pickle protocol")
            return torch.load(path, map_location="cpu", weights_only=True)


def refuse_flipped(path: Path) -> None:
    """PyTorch writes a CRC-32 of each part of a file and does not look at it; files of old versions have none.

    Raises:
        ValueError: a part is not what was written, or is packed, which PyTorch never does: a small file may then
            take any memory.
        zipfile.BadZipFile: the file's directory is damaged.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > path.stat().st_size:
                raise ValueError("it holds more than its size")
            if part := archive.testzip():
                raise ValueError(f"{part} is not what was written")


def _refuse_missing(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"There is no weight file {path}.")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Tells of a file that cannot be read, whatever goes wrong."""
    try:
        yield
    except Exception as error:  # a damaged file can raise anything
        raise UserError(
            f"{path} cannot be read: it is damaged, or holds Python objects beside tensors, which are refused because "
            "loading them can run code. Download it again, or convert it to .safetensors."
        ) from error


def _tensors(content: object) -> State:
    """The innermost dictionary of tensors."""
    while isinstance(content, dict):
        inner = next((content[name] for name in CONTAINERS if isinstance(content.get(name), dict)), None)
        if inner is None:
            return {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
        content = inner
    return {}


def _refuse_unfounded(state: State, size: int) -> None:
    """Tensors may have shapes without values behind them, and a network of those shapes would take any memory.

    Raises:
        ValueError: some have, as they repeat what the file holds or are no arrays.
    """
    for key, value in state.items():
        if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
            raise ValueError(f"{key} is no array of numbers")
        if value.nbytes > value.untyped_storage().nbytes():
            raise ValueError(f"{key} has a larger shape than values")
    if sum(value.nbytes for value in state.values()) > _SHARED * size:
        raise ValueError("its tensors have larger shapes than values")


def _fit_names(state: State, network: nn.Module) -> State:
    expected = network.state_dict()
    state = without_prefix(state, kept=expected)
    aliases = [alias for part in network.modules() for alias in getattr(part, "aliases", ())]
    unused = tuple(getattr(network, "unused", ()))
    return renamed({key: value for key, value in state.items() if not key.startswith(unused)}, aliases, kept=expected)


def _translate(key: str, aliases: Sequence[tuple[str, str]]) -> str:
    for pattern, replacement in aliases:
        key = re.sub(pattern, replacement, key)
    return key


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    """CRC-32 of names, types, shapes and values: safetensors has none, and a flipped bit would be another picture."""
    found = 0
    for name, value in sorted(tensors.items()):
        found = zlib.crc32(f"{name} {value.dtype} {tuple(value.shape)} ".encode(), found)
        found = zlib.crc32(value.contiguous().flatten().view(torch.uint8).numpy().data, found)
    return f"{found:08x}"


def _listing(kind: str, items: list[str]) -> str:
    """``"5 missing (a, b, c, ...)"``, or nothing where there are none."""
    if not items:
        return ""
    return f"{len(items)} {kind} ({', '.join(items[:NAMED])}{', ...' if len(items) > NAMED else ''})"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
