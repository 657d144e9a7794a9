"""What a run is made from beside its configuration: code, data and weights, as they are now and as they were."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vidgan.config.schema import MACHINE_HALF
from vidgan.record import code_fingerprint, file_fingerprint
from vidgan.record.canonical_paths import paths_in
from vidgan.record.folder import RunFolder

#: The file of a run folder that has the hash of each file of its data and its weights.
FILES = "inputs.json"
_NAMED = 3  # modules or files that a sentence names

Hashes = dict[str, str]


def code_of(experiment: DictConfig) -> Hashes:
    """A hash of each module that the result of an experiment half comes from."""
    plain: Any = OmegaConf.to_container(experiment, resolve=True)
    return code_fingerprint.code_hashes(plain)


def files_of(config: DictConfig) -> dict[str, Hashes]:
    """A hash of each file of the data and of the weights that a root configuration names, by key and then by file.

    Generated data has no files: its configuration and its code are all there is to it.

    Raises:
        UserError: a file cannot be read.
    """
    whole: Any = OmegaConf.to_container(config, resolve=True)
    places = paths_in({key: value for key, value in whole.items() if key not in MACHINE_HALF})
    return {key: file_fingerprint.file_hashes(place, Path(config.paths.cache)) for key, place in places}


def fingerprints(code: Hashes, files: dict[str, Hashes]) -> dict[str, Any]:
    """One hash of the code, and one for each key that names files."""
    return {
        "fingerprint": code_fingerprint.fingerprint(code),
        "files": {key: file_fingerprint.fingerprint(hashes) for key, hashes in files.items()},
    }


def changes(config: DictConfig, folder: RunFolder) -> str:
    """What a root configuration's code and files are no more as they were when a run last started, in words.

    E.g. ``the code (vidgan.losses.pixel) and data.root (train/0.mp4)``; empty where all is as it was.
    """
    recorded = folder.read("provenance.json")
    if not recorded:
        return ""
    code, files = code_of(config), files_of(config)
    told = []
    if fingerprints(code, {})["fingerprint"] != recorded["fingerprint"]:
        told.append(f"the code{_named(_differing(recorded.get('code', {}), code))}")
    now, before = fingerprints({}, files)["files"], recorded.get("files", {})
    for key in sorted(now | before):
        if now.get(key) != before.get(key):
            told.append(f"{key}{_named(_differing(folder.read(FILES).get(key, {}), files.get(key, {})))}")
    return " and ".join(told)


def altered(config: DictConfig, folder: RunFolder, cache: Path, key: str) -> str:
    """Whether what a key names is no more as it was when a run last started, in words; empty where it is.

    Args:
        config: that the run was trained with.
        folder: of the run.
        cache: vidgan's, where contents of files are remembered.
        key: of the configuration, that names a file or a folder, e.g. ``data.root``.
    """
    place, before = Path(OmegaConf.select(config, key)), folder.read(FILES).get(key)
    if not place.exists():
        return f"{key}={place}: is gone"
    if before is None:
        return ""
    now = file_fingerprint.file_hashes(place, cache)
    return f"{key}={place}: has changed{_named(_differing(before, now))}" if now != before else ""


def _differing(before: Hashes, now: Hashes) -> list[str]:
    """The names that stand for something else, the lost ones marked."""
    names = sorted(name for name in before | now if name and before.get(name) != now.get(name))
    return [name if name in now else f"{name} removed" for name in names]


def _named(names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" ({', '.join(names[:_NAMED])}{more})"
