"""The options of configuration groups: the shipped ones and one's own, of which the latter win."""

from collections.abc import Iterator, Sequence

from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.hydra_config import HydraConfig
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig
from yaml import YAMLError

from vidgan.errors import UserError
from vidgan.experiment.places import CONF

_SHIPPED = f"file://{CONF}"


class OwnConfigs(SearchPathPlugin):
    """Has Hydra look into the user's folders of configuration before vidgan's."""

    folders: Sequence[str] = ()

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in self.folders:
            search_path.prepend("own", folder, SearchPathQuery(provider="main"))


def look_first_into(folders: Sequence[str]) -> None:
    """Gives ``file://`` or ``pkg://`` folders precedence over vidgan's, the first of them before the others.

    Raises:
        UserError: there is no such folder.
    """
    plugins = Plugins.instance()  # which makes Hydra's own kinds of folders known
    for folder in folders:
        if not _source(folder).available():
            raise UserError(f"{folder}: there is no such folder of configuration.")
    OwnConfigs.folders = folders
    plugins.register(OwnConfigs)


def sources() -> list[ConfigSource]:
    """Where options come from: the user's own folders, in their order, then vidgan's."""
    return [_source(folder) for folder in (*OwnConfigs.folders, _SHIPPED)]


def _source(folder: str) -> ConfigSource:
    scheme, _, path = folder.rpartition("://")
    scheme = scheme or "file"
    return SourcesRegistry.instance().resolve(scheme)("own", f"{scheme}://{path}")


def names(group: str) -> list[str]:
    """All options of a group, those of its sub-groups with their folder: ``super_resolution/quickstart``."""
    return sorted({name for source in sources() if source.is_group(group) for name in _names(source, group)})


def _names(source: ConfigSource, group: str) -> Iterator[str]:
    yield from source.list(group, ObjectType.CONFIG)
    for inner in source.list(group, ObjectType.GROUP):
        yield from (f"{inner}/{name}" for name in _names(source, f"{group}/{inner}"))


def load(group: str, name: str) -> DictConfig | None:
    """The option of a group as it is written; None where there is none of that name.

    Raises:
        UserError: its file cannot be read.
    """
    path = f"{group}/{name}"
    source = next((source for source in sources() if source.is_config(path)), None)
    if source is None:
        return None
    try:
        config = source.load_config(path).config
    except (OSError, YAMLError, ValueError, HydraException) as error:
        raise UserError(
            f"{source.path}/{path}.yaml: cannot be read as YAML ({' '.join(str(error).split())})."
        ) from error
    assert isinstance(config, DictConfig)
    return config


def winning() -> list[str]:
    """One sentence for each option of the running command that is one's own, though a shipped one has its name."""
    own, shipped = sources()[:-1], sources()[-1]
    chosen = HydraConfig.get().runtime.choices.items()
    paths = dict.fromkeys(f"{group.partition('@')[0]}/{name}" for group, name in chosen if isinstance(name, str))
    return [
        f"{path}: yours, in {source.path}, not the one that ships with vidgan."
        for path in paths
        for source in own
        if source.is_config(path) and shipped.is_config(path)
    ]
