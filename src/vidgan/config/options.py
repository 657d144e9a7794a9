"""The options of configuration groups: the shipped ones and one's own, of which the latter win."""

import importlib.resources
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hydra._internal.sources_registry import SourcesRegistry
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.hydra_config import HydraConfig
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin

from vidgan.config.paths import CONF, ROOT
from vidgan.errors import UserError

_SHIPPED = f"file://{CONF}"
_HYDRAS = ("hydra", "schema")  # what of the search path is not about options


class OwnConfigs(SearchPathPlugin):
    """Has Hydra look into the user's folders of configuration before vidgan's."""

    folders: Sequence[str] = ()

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in self.folders:
            search_path.prepend("own", folder, SearchPathQuery(provider="main"))


@contextmanager
def first_in(folders: Sequence[str]) -> Iterator[None]:
    """Inside, ``file://`` or ``pkg://`` folders come before vidgan's, the first of them before the others.

    Raises:
        UserError: there is no such folder.
    """
    for folder in folders:
        if not _source(folder).available():
            raise UserError(f"{folder}: there is no such folder of configuration.")
    Plugins.instance().register(OwnConfigs)
    before, OwnConfigs.folders = OwnConfigs.folders, folders
    try:
        yield
    finally:
        OwnConfigs.folders = before


def sources() -> list[ConfigSource]:
    """Where options come from, in the order of search: the user's own folders, vidgan's, other packages'."""
    found = create_config_search_path(_SHIPPED).get_path()
    return [_source(item.path) for item in found if item.provider not in _HYDRAS and item.path is not None]


def groups() -> dict[str, list[str]]:
    """The names of all options by their group, in the order of groups."""
    found: dict[str, set[str]] = {}
    for source in sources():
        for group in _inner_groups(source, ""):
            if options := source.list(group, ObjectType.CONFIG):
                found.setdefault(group, set()).update(options)
    return {group: sorted(found[group]) for group in sorted(found)}


def _inner_groups(source: ConfigSource, group: str) -> Iterator[str]:
    for name in source.list(group, ObjectType.GROUP):
        inner = f"{group}/{name}" if group else name
        yield inner
        yield from _inner_groups(source, inner)


def _source(folder: str) -> ConfigSource:
    scheme, _, path = folder.rpartition("://")
    scheme = scheme or "file"
    Plugins.instance()  # which makes the schemes known
    return SourcesRegistry.instance().resolve(scheme)("own", f"{scheme}://{path}")


def names(group: str) -> list[str]:
    """All options of a group, those of its sub-groups with their folder: ``super_resolution/quickstart``."""
    return sorted({name for source in sources() if source.is_group(group) for name in _names(source, group)})


def _names(source: ConfigSource, group: str) -> Iterator[str]:
    yield from source.list(group, ObjectType.CONFIG)
    for inner in source.list(group, ObjectType.GROUP):
        yield from (f"{inner}/{name}" for name in _names(source, f"{group}/{inner}"))


def find(group: str, name: str) -> Path | None:
    """The file of an option; None where there is none of that name."""
    for source in sources():
        if source.is_config(f"{group}/{name}"):
            root = str(importlib.resources.files(source.path)) if source.scheme() == "pkg" else source.path
            return Path(root) / group / f"{name}.yaml"
    return None


def winning() -> list[str]:
    """One sentence for each option of the running command that is one's own, though a shipped one has its name."""
    chosen = HydraConfig.get().runtime.choices.items()
    paths = dict.fromkeys((group.partition("@")[0], name) for group, name in chosen if isinstance(name, str))
    return [line for group, name in paths if (line := in_place_of_shipped(group, name))]


def in_place_of_shipped(group: str, name: str) -> str | None:
    """One sentence where an option is one's own, though a shipped one has its name."""
    path = f"{group}/{name}"
    having = [source for source in sources() if source.is_config(path)]
    shipped = [source for source in having if source.path in (str(CONF), str(ROOT))]
    if not shipped or having[0] in shipped:
        return None
    source = having[0]
    return f"{path}: yours, in {source.path}, not the one that ships with vidgan."
