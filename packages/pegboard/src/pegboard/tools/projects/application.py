"""What does an application offer to plugins?

In: the name of an application that can be imported. Out: its API, where its plugins are, what they register. This is
found out in a process of its own, in which no plugin but the built-in ones is imported.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from pegboard.tools import processes
from pegboard.tools.projects.names import Refused

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, NoReturn

    from pegboard.host import Host

_DEADLINE_S = 60
_DESCRIBE = "import sys; from pegboard.tools.projects.application import write; write(*sys.argv[1:])"


@dataclass(frozen=True)
class Application:
    """What there is to know of an application, as plain data."""

    name: str
    api: str
    """The module that plugins import, e.g. `utt.api.v1`."""
    host: str
    """Where its host is, e.g. `utt.app:host`."""
    home: str
    """The folder of its package."""
    distribution: str
    """The distribution that brings it; its name if none is known."""
    version: str
    commands: str
    """What users type for the `plugins` commands; empty if there is no such thing."""
    namespace: str
    """The package of its plugins; empty if there is none."""
    groups: list[str]
    """The groups of entry points that name plugins."""
    plugins: list[str] = field(default_factory=list)
    """The names of the plugins that are installed, built-in ones included."""
    taken: dict[str, list[str]] = field(default_factory=dict)
    """The names in each of its registries."""
    contributions: list[dict[str, Any]] = field(default_factory=list)
    """What its API has for plugins; see `pegboard.tools.projects.contribution`."""
    members: list[str] = field(default_factory=list)
    """The names in its API."""
    adapts: bool = False
    """Whether it makes contributions of what a plugin's module offers."""

    @property
    def template(self) -> str | None:
        """The folder with its own template of a plugin; None if it has none."""
        folder = os.path.join(self.home, "plugin_template")
        return folder if os.path.isfile(os.path.join(folder, "plugin.py")) else None

    @property
    def is_typed(self) -> bool:
        """Whether type checkers read its annotations."""
        return os.path.isfile(os.path.join(self.home, "py.typed"))

    @property
    def requirement(self) -> str:
        """What a plugin requires of it: this version, without the patch number, or a later one."""
        version = re.match(r"\d+(\.\d+)?", self.version)
        return f"{self.distribution}>={version[0]}" if version else self.distribution or self.name


def describe(name: str, api: str = "") -> Application:
    """Return what there is to know of the application *name*.

    Args:
        name: Its package, which can be imported.
        api: The module that plugins import; found out if empty.

    Raises:
        Refused: If it cannot be imported, has no API or no host.
    """
    said = ask(_DESCRIBE, name, api, subject=f"the application {name!r}")
    if "problem" in said:
        raise Refused(said["problem"], said["advice"])
    return Application(**said)


def ask(code: str, *arguments: str, subject: str) -> dict[str, Any]:
    """Run *code* in a process of its own, and return what it writes into the file that is its last argument.

    Args:
        code: Writes an object of JSON.
        *arguments: For the code, before the name of the file.
        subject: What it imports, in words.

    Raises:
        Refused: If it hangs or ends the process.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = os.path.join(folder, "answer")
        with open(f"{answer}.log", "w+b") as output:
            process = processes.start([sys.executable, "-c", code, *arguments, answer], output=output)
            try:
                process.wait(_DEADLINE_S)
            except subprocess.TimeoutExpired:
                raise Refused(f"{subject} was not imported in {_DEADLINE_S} s", "see what it waits for") from None
            finally:
                processes.end(process)
            output.seek(0)
            lines = output.read().decode("utf-8", "replace").split("\n")
        try:
            with open(answer, encoding="utf-8") as stream:
                said: dict[str, Any] = json.load(stream)
        except (OSError, ValueError):
            status = process.returncode
            said_last = next((f": {line.strip()}" for line in reversed(lines) if line.strip()), "")
            problem = f"{subject} ended the process that imports it, with status {status}{said_last}"
            raise Refused(problem, "") from None
        return said


def known_applications() -> list[str]:
    """Return the packages that may be applications: their distributions require pegboard, and they have an API."""
    found = set()
    for distribution in importlib.metadata.distributions():
        if any(re.match(r"pegboard\b(?!-)", requirement) for requirement in distribution.requires or ()):
            found |= {str(path).split("/")[0] for path in distribution.files or () if _API.match(str(path))}
            found.add(distribution.metadata["Name"].replace("-", "_").lower())  # an editable one lists no modules
    return sorted(name for name in found if _has_api(name))


_API = re.compile(r"\w+/api(/__init__)?\.py$")


def _has_api(name: str) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    places = [os.path.join(place, "api") for place in spec.submodule_search_locations or ()] if spec else []
    return any(os.path.isdir(place) or os.path.isfile(f"{place}.py") for place in places)


# -- in the process of its own ----------------------------------------------------------------------------------------


def write(name: str, api: str, answer: str) -> NoReturn:
    """Describe the application *name* in this process, and write it to the file *answer*."""
    try:
        said: dict[str, Any] = asdict(_described(name, api, os.path.dirname(answer)))
    except Refused as refused:
        said = {"problem": refused.problem, "advice": refused.advice}
    except BaseException as error:  # whatever the application does
        from pegboard.errors import describe_exception

        said = {"problem": f"the application {name!r} cannot be described: {describe_exception(error)}", "advice": ""}
    answer_with(said, answer)


def answer_with(said: dict[str, Any], answer: str) -> NoReturn:
    """Write what is *said* into the file *answer*, and end the process without waiting for threads that others run."""
    with open(answer, "w", encoding="utf-8") as stream:
        json.dump(said, stream)
    os._exit(0)


def _described(name: str, api: str, folder: str) -> Application:
    package = _imported(name, f"install the application {name!r} in this environment: {sys.prefix}")
    module = _imported(api, f"say --api with the module of {name} that plugins import") if api else _api_of(name)
    host, place = host_of(name)
    # the plugins of others are found and not imported; what is recorded here is nobody else's
    host.leave_out((), "it is only described")
    host.manager.configure(keeps_journal=False, strict=False, cache_directory=folder)
    host.start()
    from pegboard.tools.installing.installed import application_of
    from pegboard.tools.projects.contribution import contributions_of

    settings, sources = host.settings, host.settings.sources
    owner = application_of(host).owner
    return Application(
        name=name,
        api=module.__name__,
        host=place,
        home=os.path.dirname(getattr(package, "__file__", None) or next(iter(package.__path__))),
        distribution=owner.distribution.name if owner is not None else name,
        version=owner.distribution.version if owner is not None else "",
        commands=settings.commands if isinstance(settings.commands, str) else "",
        namespace=settings.namespace,
        groups=[settings.namespace] if sources is None else list(sources.groups),
        plugins=[plugin.name for plugin in host.plugins],
        taken={registry.name: list(registry.names()) for registry in host.registries.values()},
        contributions=contributions_of(host, module),
        members=[member for member in {*dir(module), *vars(module)} if not member.startswith("__")],
        adapts=sources is not None and sources.adapter is not None,
    )


def _imported(name: str, advice: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        from pegboard.errors import describe_exception

        raise Refused(f"{name!r} cannot be imported: {describe_exception(error)}", advice) from None


def _api_of(name: str) -> ModuleType:
    """Return the newest stable version in `NAME.api`, or that module itself."""
    try:
        module = importlib.import_module(f"{name}.api")
    except ModuleNotFoundError as error:
        if error.name != f"{name}.api":
            raise
        raise Refused(f"there is no module {name}.api", "say --api with the module that plugins import") from None
    versions = [each.name for each in pkgutil.iter_modules(getattr(module, "__path__", ()))]
    stable = [version for version in versions if re.fullmatch(r"v\d+", version)]
    newest = max(stable, key=lambda version: int(version[1:]), default=None)
    return module if newest is None else importlib.import_module(f"{name}.api.{newest}")


def host_of(name: str) -> tuple[Host, str]:
    """Return the host of the application *name*, which is imported, and where it is."""
    from pegboard.host import Host

    for module, content in sorted(sys.modules.items()):
        for attribute, value in list(getattr(content, "__dict__", {}).items()):
            if type(value) is Host and value.name == name and not attribute.startswith("_"):
                return value, f"{module}:{attribute}"
    raise Refused(f"{name!r} has no host of that name in any of its modules", f"is {name!r} the application itself?")
