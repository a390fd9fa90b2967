"""What the documents say of files, modules and imports is true."""

import ast
import collections
import functools
import importlib
import pathlib
import re

import pytest

_ROOT = pathlib.Path(__file__).parents[2]
_DOCUMENTS = (
    "docs/code_map.md",
    "docs/api.md",
    "docs/deployment.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
)
_PACKAGES = ("tcc", "configs", "datasets", "evaluation")


def _read(document):
    return (_ROOT / document).read_text(encoding="utf-8")


@functools.cache
def _documented_imports():
    """{package: packages that it may import}, from the table of layers."""
    rows = re.findall(
        r"^\| `(?:tcc/)?(\w+)/` \|.*\|(.*)\|$",
        _read("docs/code_map.md"),
        re.MULTILINE,
    )
    return {
        package: set(re.findall(r"\w+", allowed)) for package, allowed in rows
    }


def _package_of(path):
    """Name of the package of a source file; None for commands."""
    if "\ndef console" in path.read_text(encoding="utf-8"):
        return None
    parts = path.relative_to(_ROOT).parts
    if parts[0] != "tcc":
        return parts[0]
    return parts[1] if len(parts) > 2 else None


def _imported_modules(path):
    """Full names of all that a file imports from tcc."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] == "tcc":
                yield node.module
                yield from (f"{node.module}.{a.name}" for a in node.names)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names)


def _imported(path):
    """The packages of tcc that a file imports."""
    for module in _imported_modules(path):
        parts = module.split(".")
        if parts[0] == "tcc" and len(parts) > 1 and parts[1] != "load":
            yield parts[1]


def _sources():
    return [
        path for folder in _PACKAGES for path in (_ROOT / folder).rglob("*.py")
    ]


def test_the_map_names_files():
    assert len(re.findall(r"`[\w./]+\.py`", _read("docs/code_map.md"))) > 15


def test_every_package_is_in_the_map():
    assert {_package_of(path) for path in _sources()} - {None} == set(
        _documented_imports()
    )


def test_packages_import_what_the_map_allows():
    imports: dict[str, set[str]] = collections.defaultdict(set)
    for path in _sources():
        package = _package_of(path)
        if package is not None:
            imports[package] |= set(_imported(path)) - {package}
    assert dict(imports) == _documented_imports()


def test_the_map_lists_layers_from_the_lowest():
    above: set[str] = set()
    for package, allowed in _documented_imports().items():
        assert allowed <= above, package
        above.add(package)


def test_nothing_imports_a_command():
    commands = {
        ".".join(path.relative_to(_ROOT).with_suffix("").parts)
        for path in _sources()
        if _package_of(path) is None and path.parent.name != "tcc"
    } | {
        f"tcc.{path.stem}"
        for path in (_ROOT / "tcc").glob("*.py")
        if path.stem != "__init__"
    }
    commands = {n if n.startswith("tcc.") else f"tcc.{n}" for n in commands}
    assert len(commands) > 15
    for path in _sources():
        assert not commands & set(_imported_modules(path)), path


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_files_exist(document):
    text = re.sub(r"```.*?```", "", _read(document), flags=re.DOTALL)
    found = re.findall(r"`([\w./]+/|[\w./]+\.(?:py|md|toml))`", text)
    found += re.findall(r"`(\.ci/\w+)`", text)
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", text)
    for name in found:
        assert (_ROOT / name).exists(), name
    for name in links:
        assert ((_ROOT / document).parent / name).exists(), name


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_modules_and_their_parts_exist(document):
    text = re.sub(r"```.*?```", "", _read(document), flags=re.DOTALL)
    for name in re.findall(r"`(tcc(?:\.\w+)+)`", text):
        parent, _, last = name.rpartition(".")
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            assert hasattr(importlib.import_module(parent), last), name
