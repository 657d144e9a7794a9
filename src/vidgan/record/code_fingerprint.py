"""The code that a result comes from: a hash of each module that its objects come from, and of all that those import.

A module counts by its syntax tree, without comments, docstrings and layout, the same under every supported Python. What
counts is found by reading import statements, wherever they stand; nothing is run for it. So vidgan's own modules count
like anybody's that the configuration names, while commands, trackers and networks that the run does not use count
nothing, and a wheel's code is that of its checkout.

Third-party libraries do not count: their versions are in the provenance. A new release of one, whose code has mostly
nothing to do with a run, would else train everything anew.
"""

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

from vidgan.config.instantiate import allowed_prefixes, targets

Hashes = dict[str, str]

#: What computes the result of any run, beside what its configuration names.
_ENGINE = ("vidgan.engine.adversarial", "vidgan.engine.checkpoints", "vidgan.experiment.build")
#: Packages of which they import what builds, refuses mistakes and keeps records, which computes nothing.
_AROUND = ("vidgan.config.", "vidgan.record.", "vidgan.tracking.", "vidgan.experiment.")
#: Folders of installed packages; one of those counts if it is allowed as a target.
_LIBRARIES = {"site-packages", "dist-packages"}
_DIGITS = 16
#: Fields that say nothing of what is computed: a name's role, which its place implies, and marks of the text.
_SILENT = {"ctx", "kind", "type_comment", "type_ignores"}


def code_hashes(experiment: Mapping[str, Any]) -> Hashes:
    """A hash for each module that the result of an experiment half, as plain containers, comes from."""
    found: Hashes = {}
    named = (*_ENGINE, *(_module_of(node["_target_"]) for _, node in targets(experiment)))
    waiting = [module for name in named for module in _with_packages(name)]
    while waiting:
        name = waiting.pop()
        file = None if name in found else _file(name)
        if file is not None:
            status = file.stat()
            found[name], imported = _read(file, name, status.st_size, status.st_mtime_ns)
            waiting += imported
    return dict(sorted(found.items()))


def fingerprint(hashes: Hashes) -> str:
    """One hash of all."""
    return hashlib.sha256(repr(sorted(hashes.items())).encode()).hexdigest()[:_DIGITS]


@cache
def _read(file: Path, name: str, size: int, changed: int) -> tuple[str, tuple[str, ...]]:
    """The hash of a module and the names of the modules that it may import; read again when the file changes."""
    content = file.read_bytes()
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # compiled, or it fails when it is imported
        return hashlib.sha256(content).hexdigest()[:_DIGITS], ()
    package = name if file.stem == "__init__" else name.rpartition(".")[0]
    return syntax_hash(tree), tuple(_imported(tree, package))


def syntax_hash(tree: ast.AST) -> str:
    """A hash of what a module says, whatever its layout, comments and docstrings, and the Python that reads it."""
    text: list[str] = []
    _write(tree, text)
    return hashlib.sha256("".join(text).encode()).hexdigest()[:_DIGITS]


# What a syntax tree says ---------------------------------------------------------------------------------------------


def _write(value: Any, text: list[str]) -> None:
    """Appends what a tree says. Empty fields are left out: which ones there are differs between versions of Python."""
    if isinstance(value, ast.AST):
        text.append(f"{type(value).__name__}(")
        for name in value._fields:
            content = getattr(value, name, None)
            if isinstance(content, list):
                content = _joined(content) if isinstance(value, ast.JoinedStr) else [*filter(_says_something, content)]
            if name not in _SILENT and content is not None and content != []:
                text.append(f"{name}=")
                _write(content, text)
        text.append(")")
    elif isinstance(value, list):
        text.append("[")
        for item in value:
            _write(item, text)
            text.append(",")
        text.append("]")
    else:
        text.append(ascii(value))  # repr() of text depends on the version's Unicode tables


def _joined(pieces: list[Any]) -> list[Any]:
    """The pieces of an f-string, its text in as few of them as can be."""
    kept: list[Any] = []
    for piece in pieces:
        if isinstance(piece, ast.Constant) and kept and isinstance(kept[-1], ast.Constant):
            piece = ast.Constant(kept.pop().value + piece.value)
        kept.append(piece)
    return [piece for piece in kept if not (isinstance(piece, ast.Constant) and piece.value == "")]


def _says_something(item: Any) -> bool:
    if isinstance(item, ast.Assign):
        return not any(isinstance(target, ast.Name) and target.id == "__version__" for target in item.targets)
    is_bare = isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
    return not (is_bare or isinstance(item, ast.Pass))


# Which modules there are ---------------------------------------------------------------------------------------------


def _imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module that a tree's import statements may mean, with the packages around them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_packages(alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield from _with_packages(module)
            yield from (f"{module}.{alias.name}" for alias in node.names if alias.name != "*")


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _module_of(target: str) -> str:
    """The module in which a dotted name of a class or a function stands."""
    name = target.rpartition(".")[0]
    while "." in name and _spec(name) is None:
        name = name.rpartition(".")[0]
    return name


def _file(name: str) -> Path | None:
    """The file of a module that counts."""
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top == "torch" or (name.startswith(_AROUND) and name not in _ENGINE):
        return None
    spec = _spec(name)
    if spec is None or not spec.has_location or spec.origin is None:
        return None
    file = Path(spec.origin)
    allowed = top in {prefix.partition(".")[0] for prefix in allowed_prefixes()}
    return file if allowed or not _LIBRARIES & set(file.parts) else None


def _spec(name: str) -> ModuleSpec | None:
    """Where a module is; nothing is imported for it."""
    package, _, last = name.rpartition(".")
    places: list[str] = []
    try:
        if not package:
            return importlib.util.find_spec(name)
        around = _spec(package)
        places = list(around.submodule_search_locations or ()) if around else []
        return PathFinder.find_spec(name, places) if places else None
    except (ImportError, ValueError):  # what is imported already may lack a spec, as __main__ does
        return None
    except KeyError:  # a folder without __init__.py, whose place Python asks of the package around it once imported
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder) for place in places if (folder := Path(place, last)).is_dir()]
        return spec
