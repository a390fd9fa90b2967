"""Packaging: maps the top-level folders into one package named `tcc`.

`configs/`, `datasets/` and `evaluation/` stand beside `tcc/` in the repository
and are installed as `tcc.configs`, `tcc.datasets` and `tcc.evaluation`.
Everything that does not need code lives in pyproject.toml.
"""

import setuptools

_FOLDERS = {
    "tcc": "tcc",
    "tcc.configs": "configs",
    "tcc.datasets": "datasets",
    "tcc.evaluation": "evaluation",
}


def _find_packages() -> list[str]:
    """Returns every importable package below the mapped folders."""
    packages = []
    for package, folder in _FOLDERS.items():
        packages.append(package)
        packages += [
            f"{package}.{name}" for name in setuptools.find_packages(folder)
        ]
    return packages


setuptools.setup(package_dir=_FOLDERS, packages=_find_packages())
