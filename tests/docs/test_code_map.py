"""What the documents say of files, modules and imports is true."""

import ast
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
    parts = path.relative_to(_ROOT).parts
    if parts[0] != "tcc":
        return parts[0]
    return parts[1] if len(parts) > 2 else None


def _imported(path):
    """The packages of tcc that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if node.module == "tcc":
            yield from (alias.name for alias in node.names)
        elif node.module.startswith("tcc."):
            yield node.module.split(".")[1]


def _serving_all():
    """The files of tcc/ itself that are no commands."""
    return {
        path.stem
        for path in (_ROOT / "tcc").glob("*.py")
        if "def console" not in path.read_text(encoding="utf-8")
    }


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
    broken = []
    for_all = _serving_all()
    for path in _sources():
        package = _package_of(path)
        if package is None:
            continue
        allowed = _documented_imports()[package] | for_all | {package}
        broken += [
            f"{path.relative_to(_ROOT)} imports {other}"
            for other in _imported(path)
            if other not in allowed
        ]
    assert not broken


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
