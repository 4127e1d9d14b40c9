"""The command line `pegboard`: makes and checks projects.

In: arguments, and answers at a terminal where arguments are missing. Out: files or findings, and an exit status: 0 for
done, 1 for findings, 2 for what is not possible.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from pegboard.index import VERSION
from pegboard.tools.checking.command import FORMATS, check, shown, status_of
from pegboard.tools.projects.application import describe, known_applications
from pegboard.tools.projects.back_ends import BACK_ENDS
from pegboard.tools.projects.names import Refused, check_folder, check_name
from pegboard.tools.projects.project import Wish, new_host, new_plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pegboard.tools.projects.project import Project


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except Refused as refused:
        print(f"pegboard: error: {refused.problem}", file=sys.stderr)
        if refused.advice:
            print(f"  hint: {refused.advice}", file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        print("\npegboard: nothing was made", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"pegboard: error: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pegboard", description="Make and check plugins, and applications that have plugins."
    )
    parser.add_argument("--version", action="version", version=f"pegboard {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser("new", help="make a project", description="Make a project that passes its own tests.")
    kinds = new.add_subparsers(required=True, metavar="KIND")
    plugin = kinds.add_parser("plugin", help="a plugin for an application", description="Make a plugin.")
    plugin.add_argument("name", nargs="?", help="what the plugin is called, e.g. focus")
    plugin.add_argument("--host", metavar="APPLICATION", help="the application's package, which is installed here")
    plugin.add_argument("--api", metavar="MODULE", default="", help="what plugins import, if it is not APPLICATION.api")
    plugin.add_argument(
        "--private", action="store_true", help="a module in the application's namespace, which is not to be published"
    )
    plugin.set_defaults(run=_new_plugin)
    host = kinds.add_parser("host", help="an application that has plugins", description="Make an application.")
    host.add_argument("name", nargs="?", help="what the application is called, e.g. notes")
    host.set_defaults(run=_new_host)
    checking = commands.add_parser("check", help="check a plugin before it is published", description="Check plugins.")
    checking.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="a project's folder, or a wheel")
    checking.add_argument("--host", metavar="APPLICATION", default="", help="the application, if it cannot be told")
    checking.add_argument(
        "--api", metavar="MODULE", default="", help="what plugins import, if it is not APPLICATION.api"
    )
    checking.add_argument("--format", choices=FORMATS, default="text", help="how findings are printed (default: text)")
    checking.add_argument("--strict", action="store_true", help="exit with 1 also for warnings")
    checking.set_defaults(run=_check)
    for each in (plugin, host):
        each.add_argument("--back-end", choices=BACK_ENDS, help="what builds the distribution (default: hatchling)")
        each.add_argument("--directory", metavar="FOLDER", help="where it is made (default: its distribution's name)")
    return parser


def _new_plugin(options: argparse.Namespace) -> int:
    name, host = options.name, options.host
    is_asked = not (name and host) and _is_interactive()
    name = name or _asked("What is the plugin called?", "NAME", check=lambda text: check_name(text, "plugin"))
    check_name(name, "plugin")
    if options.directory:
        check_folder(options.directory)
    host = host or _asked("Which application is it for?", "--host", among=known_applications())
    application = describe(host, options.api)
    is_private = options.private
    if is_asked and not is_private and application.groups and application.namespace:
        is_private = _asked("Is it to be published?", "", among=["yes", "no"]) == "no"
    back_end = options.back_end or (_asked("Which back end?", "", among=list(BACK_ENDS)) if is_asked else "hatchling")
    project = new_plugin(Wish(name, back_end, is_private, options.directory or ""), application)
    _tell(project)
    if application.commands:
        print(f"  {application.commands} info {name}")
    return 0


def _new_host(options: argparse.Namespace) -> int:
    is_asked = not options.name and _is_interactive()
    name = options.name or _asked("What is it called?", "NAME", check=lambda text: check_name(text, "application"))
    back_end = options.back_end or (_asked("Which back end?", "", among=list(BACK_ENDS)) if is_asked else "hatchling")
    _tell(new_host(Wish(name, back_end, folder=options.directory or "")))
    print(f"  {name} plugins list")
    return 0


def _check(options: argparse.Namespace) -> int:
    findings = check(options.paths, host=options.host, api=options.api)
    print(shown(findings, options.format))
    return status_of(findings, is_strict=options.strict)


def _tell(project: Project) -> None:
    print(f"{project.folder}: {len(project.files)} files")
    for file in project.files:
        print(f"  {file}")
    print("Try it:")
    print(f"  cd {project.folder}")
    print(f"  {_installer()} --editable . pytest")
    print("  pytest")


def _installer() -> str:
    if os.path.exists(os.path.join(sys.prefix, "pyvenv.cfg")) and not _has_pip():
        return "uv pip install"
    return "pip install"


def _has_pip() -> bool:
    import importlib.util

    return importlib.util.find_spec("pip") is not None


def _is_interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _asked(
    question: str, argument: str, *, among: Sequence[str] = (), check: Callable[[str], None] | None = None
) -> str:
    """Ask a person until the answer is possible; without one, the first of *among* is taken, or the only application.

    Raises:
        Refused: If nobody can answer.
    """
    if not _is_interactive():
        raise Refused(f"{argument} is missing, and there is no terminal to ask at", "see pegboard new --help")
    shown = f" [{'/'.join(among)}]" if among else ""
    while True:
        default = among[0] if among and (argument != "--host" or len(among) == 1) else ""
        answer = input(f"{question}{shown} ").strip() or default
        matching = [each for each in among if each.startswith(answer)] if answer and among else []
        if len(matching) == 1:
            return matching[0]
        problem = _objection(answer, among if argument != "--host" else (), check)
        if problem:
            print(f"  {problem}")
        else:
            return answer


def _objection(answer: str, among: Sequence[str], check: Callable[[str], None] | None) -> str:
    """Return why *answer* is not possible; empty if it is."""
    if not answer:
        return "an answer is needed"
    if among:
        return f"answer one of {', '.join(among)}"
    try:
        if check is not None:
            check(answer)
    except Refused as refused:
        return f"{refused.problem}; {refused.advice}"
    return ""
