"""Has every composition find the group ``experiments``, whose folder lies beside ``conf/``, not in it."""

from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.search_path_plugin import SearchPathPlugin

from vidgan.config.paths import ROOT

_GROUP = "experiments"


class ExperimentSource(FileConfigSource):
    """The one group ``experiments`` of a folder, whatever else lies in that."""

    @staticmethod
    def scheme() -> str:
        return "experiments"

    def is_group(self, config_path: str) -> bool:
        return config_path == "" or (_of_group(config_path) and super().is_group(config_path))

    def is_config(self, config_path: str) -> bool:
        return _of_group(config_path) and super().is_config(config_path)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        if config_path == "":
            return [] if results_filter is ObjectType.CONFIG else [_GROUP]
        return super().list(config_path, results_filter)


class ExperimentSearchPath(SearchPathPlugin):
    """Looks there last, so that experiments of one's own win."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        search_path.append("vidgan", f"experiments://{ROOT}")


def _of_group(config_path: str) -> bool:
    return config_path.partition("/")[0] == _GROUP
