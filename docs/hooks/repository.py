"""Makes pages of the site of documents that lie outside ``docs/``, and has links work in both places.

Links lead to files, as they do in the repository. In the site a link to a document becomes one to its page, one to
``conf/losses/l1.yaml`` or to code that a page is made from becomes one to that page, and any other its bare text. A
file that is not there fails the build.
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
#: What pages of ``reference.py`` are made from, as (pattern of a path, page, anchor).
_MADE_FROM = (
    (r"conf/([\w/]+?)(?:/(\w+)\.yaml)?", r"reference/options/\1.md", r"\2"),
    (r"src/vidgan/config/schema\.py", "reference/configuration.md", ""),
    (r"src/vidgan/commands", "reference/commands.md", ""),
    (r"src/vidgan/(metrics|tasks)", r"reference/python/\1.md", ""),
    (r"src/vidgan/metrics/(\w+)\.py", "reference/python/metrics.md", r"vidgan.metrics.\1"),
)

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
    path, _, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", target):
        return found[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if (ROOT / path).is_dir() and (ROOT / path / "README.md").is_file():
        path += "/README.md"
    if path.startswith("../") or not (ROOT / path).exists():
        raise PluginError(f"{source}: {target} is no file of the repository")
    page, made_anchor = _page_of(path)
    if files.get_file_from_path(page) is None:
        return text
    anchor = anchor or made_anchor
    return f"{mark}[{text}]({posixpath.relpath(page, posixpath.dirname(uri))}{'#' if anchor else ''}{anchor})"


def _page_of(path: str) -> tuple[str, str]:
    """The page of a file of the repository, and the anchor on it."""
    for pattern, page, anchor in _MADE_FROM:
        if found := re.fullmatch(pattern, path):
            return found.expand(page), found.expand(anchor)
    return dict(_outside()).get(path, path.removeprefix("docs/")), ""


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return _ROLE.sub("", html)
