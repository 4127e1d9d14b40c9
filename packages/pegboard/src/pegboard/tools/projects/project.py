"""Writes the files of a new project.

In: what was asked for, and what is known of the application. Out: a folder, made of the files in `templates`: each is
a real file in which `THE_name` and its like stand for words, also in names of files.
"""

from __future__ import annotations

import os
import re
import string
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from pegboard.index import VERSION
from pegboard.tools.projects.back_ends import BACK_ENDS
from pegboard.tools.projects.contribution import module_for
from pegboard.tools.projects.names import Refused, check_folder, check_free, check_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from pegboard.tools.projects.application import Application

_RENAMED = {"gitignore": ".gitignore", "github": ".github", "pyproject": "pyproject.toml"}
"""Files that tools would take for this repository's own."""
_VERBATIM = "plugin_template"
"""The folder of a template in a template: its words are filled in when a plugin is made of it."""


class Words(string.Template):
    """A text in which `THE_name` stands for a word: it can be an identifier, and the text a valid program."""

    delimiter = "THE_"
    idpattern = "(?a:[a-z_]+)"
    flags = re.RegexFlag(0)


@dataclass(frozen=True)
class Wish:
    """What was asked for."""

    name: str
    back_end: str = "hatchling"
    is_private: bool = False
    folder: str = ""
    """Where the project is made; a folder of its distribution's name, in the current one, if empty."""


@dataclass(frozen=True)
class Project:
    """What was made."""

    folder: str
    distribution: str
    files: tuple[str, ...]
    """Below the folder, in order."""


def new_plugin(wish: Wish, application: Application) -> Project:
    """Make the project of a plugin for *application*.

    Raises:
        Refused: If the name is taken or impossible, or the folder is not empty.
    """
    check_name(wish.name, "plugin")
    _check_taken(wish.name, application)
    namespace, group = application.namespace, next(iter(application.groups), "")
    if wish.is_private and not namespace:
        raise Refused(f"{application.name} has no namespace for plugins", "leave out --private")
    if not wish.is_private and not group:
        advice = f"say --private: a module in {namespace}" if namespace else "its documentation says what a plugin is"
        raise Refused(f"{application.name} finds no plugins by entry points", advice)
    distribution = f"{application.name}-{wish.name}".replace("_", "-").replace(".", "-")
    package = f"{namespace}.{wish.name}" if wish.is_private else distribution.replace("-", "_")
    check_free(package)
    root = package.partition(".")[0]
    file = f"{package.replace('.', '/')}.py" if wish.is_private else f"{package}/__init__.py"
    words = _words(wish, distribution, root) | {
        "package": package,
        "file": file,
        "host": application.name,
        "api": application.api,
        "host_module": application.host.partition(":")[0],
        "host_object": application.host.partition(":")[2],
        "requirement": application.requirement,
        "summary": f"Adds {wish.name} to {application.name}",
        "entry_points": "" if wish.is_private else f'\n[project.entry-points."{group}"]\n{wish.name} = "{package}"\n',
        "mypy_settings": _mypy_settings(wish, application),
    }
    texts = dict(_filled(resources.files(__package__) / "templates" / "plugin", words))
    if wish.is_private:
        del texts[f"src/{package}/py.typed"]
    texts[f"src/{file}"] = module_for(application.api, wish.name, application.name, application.contributions)
    if application.template is not None:
        texts[f"src/{file}"] = _of_application(application.template, "plugin.py", words)
        if os.path.isfile(os.path.join(application.template, "test_plugin.py")):
            texts[f"tests/test_{wish.name}.py"] = _of_application(application.template, "test_plugin.py", words)
    return _write(wish.folder or distribution, distribution, texts)


def new_host(wish: Wish) -> Project:
    """Make the project of an application that has plugins.

    Raises:
        Refused: If the name is taken or impossible, or the folder is not empty.
    """
    check_name(wish.name, "application")
    check_free(wish.name)
    distribution = wish.name.replace("_", "-")
    words = _words(wish, distribution, wish.name) | {"summary": "An application whose commands are plugins"}
    template = resources.files(__package__) / "templates" / "host"
    return _write(wish.folder or distribution, distribution, dict(_filled(template, words)))


def _check_taken(name: str, application: Application) -> None:
    if name in application.plugins:
        raise Refused(f"{application.name} has a plugin {name!r} already", "choose another name")
    for registry, names in application.taken.items():
        if name in names:
            raise Refused(f"{application.name} has {name!r} in {registry} already", "choose another name")


def _mypy_settings(wish: Wish, application: Application) -> str:
    text = 'mypy_path = "src"'
    if wish.is_private:
        text += "\nnamespace_packages = true\nexplicit_package_bases = true"
    if not application.is_typed:
        text += "\ndisallow_untyped_decorators = false\ndisallow_any_unimported = false"
        text += f'\n\n[[tool.mypy.overrides]]\nmodule = "{application.name}.*"\nignore_missing_imports = true'
    return text


def _words(wish: Wish, distribution: str, root: str) -> dict[str, str]:
    back_end = BACK_ENDS[wish.back_end]
    settings = back_end.namespace if wish.is_private else back_end.package
    return {
        "name": wish.name,
        "distribution": distribution,
        "version": ".".join(VERSION.split(".")[:2]),
        "build_system": back_end.system,
        "build_settings": Words(settings).substitute(root=root),
    }


def _filled(template: Traversable, words: Mapping[str, str], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file that *template* makes."""
    for entry in sorted(template.iterdir(), key=lambda each: each.name):
        name = _RENAMED.get(entry.name, Words(entry.name.removesuffix(".py")).substitute(words))
        name += ".py" if entry.name.endswith(".py") else ""
        if entry.name == "__pycache__":
            continue
        path = f"{above}{name}"
        if entry.is_dir():
            yield from _filled(entry, words, f"{path}/")
        else:
            text = entry.read_text(encoding="utf-8")
            yield path, _host_only(text, words) if f"/{_VERBATIM}/" in f"/{path}" else Words(text).substitute(words)


def _host_only(text: str, words: Mapping[str, str]) -> str:
    return text.replace("THE_host", words["name"])


def _of_application(folder: str, name: str, words: Mapping[str, str]) -> str:
    path = os.path.join(folder, name)
    try:
        with open(path, encoding="utf-8") as stream:
            return Words(stream.read()).substitute(words)
    except (OSError, ValueError, KeyError) as error:
        raise Refused(f"the application's template of a plugin, {path}, cannot be used: {error!r}", "") from None


def _write(folder: str, distribution: str, texts: Mapping[str, str]) -> Project:
    check_folder(folder)
    for path, text in texts.items():
        target = os.path.join(folder, *path.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(re.sub(r"\n{3,}$", "\n", text))
    return Project(folder, distribution, tuple(sorted(texts)))
