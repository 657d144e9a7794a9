"""Makes pages of the site of documents that lie outside ``docs/``, and has links work in both places.

In the repository links lead to files, as ``../conf/losses/l1.yaml``. In the site a link to a document becomes one to
its page, and a link to another file of the repository becomes its bare text. A file that is not there fails the build.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
_TOP = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_OTHERS = ("benchmarks/README.md", "experiments/*.md", "experiments/*/*.md")
_MEDIA = ("assets/*.png", "assets/*.webp", *(f"experiments/*/*.{kind}" for kind in ("jpg", "png", "webp")))

_FENCE = re.compile(r"(^ *```.*?^ *```[^\n]*$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
_ROLE = re.compile(r":(?:py:)?(?:class|func|meth|mod|data|attr):(?=<code>)")  # of docstrings; Markdown has none


def _outside() -> Iterator[tuple[str, str]]:
    """The path in the repository and that in the site of what is not in ``docs/``."""
    yield from _TOP.items()
    for pattern in (*_OTHERS, *_MEDIA):
        for path in sorted(ROOT.glob(pattern)):
            yield (name := path.relative_to(ROOT).as_posix()), name


def on_config(config: MkDocsConfig) -> None:
    """Lists the experiments in the navigation."""
    (experiments,) = (part["Experiments"] for part in config.nav if "Experiments" in part)
    for folder in sorted({path.parent for path in ROOT.glob("experiments/*/README.md")}):
        pages = [f"experiments/{folder.name}/{name}" for name in ("README.md", "LOG.md") if (folder / name).is_file()]
        experiments.append(
            {folder.name.replace("_", " ").capitalize(): [pages[0], *({"Log": page} for page in pages[1:])]}
        )


def on_files(files: Files, config: MkDocsConfig) -> None:
    for path, uri in _outside():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    if page.file.abs_src_path is None:  # generated
        return markdown
    source = Path(page.file.abs_src_path).relative_to(ROOT).as_posix()
    parts = _FENCE.split(markdown)
    parts[::2] = [
        _LINK.sub(lambda found: _linked(found, source, page.file.src_uri, files), part) for part in parts[::2]
    ]
    return "".join(parts)


def _linked(found: re.Match[str], source: str, uri: str, files: Files) -> str:
    mark, text, target = found.groups()
    path, sign, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", target):
        return found[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if (ROOT / path).is_dir() and (ROOT / path / "README.md").is_file():
        path += "/README.md"
    if path.startswith("../") or not (ROOT / path).exists():
        raise PluginError(f"{source}: {target} is no file of the repository")
    page = dict(_outside()).get(path, path.removeprefix("docs/"))
    if files.get_file_from_path(page) is None:
        return text
    return f"{mark}[{text}]({posixpath.relpath(page, posixpath.dirname(uri))}{sign}{anchor})"


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return _ROLE.sub("", html)
