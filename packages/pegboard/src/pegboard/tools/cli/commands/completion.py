"""`plugins completion`: have a shell complete the application's command line."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from typing import TYPE_CHECKING

from pegboard.atomic_file import replace_file
from pegboard.errors import InstallRefusedError
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.completion import completions, for_bash, split
from pegboard.tools.cli.names import command_names, completing_parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output

_MARK = "# Completes the command line of {program}; made by: {commands} completion {shell}"
_BASH = """\
{mark}
{function}() {{
    local IFS=$'\\n'
    COMPREPLY=($("${{COMP_WORDS[0]}}" {words} completion bash --line "${{COMP_LINE:0:COMP_POINT}}" 2>/dev/null))
    if [[ ${{#COMPREPLY[@]}} -eq 1 && ${{COMPREPLY[0]}} == *= ]]; then compopt -o nospace; fi
}}
complete -o default -F {function} {program}
"""
_ZSH = """\
#compdef {program}
{mark}
{function}() {{
    local -a replies
    replies=("${{(@f)$("${{words[1]}}" {words} completion zsh --line "${{(j: :)words[1,CURRENT-1]}} $PREFIX" \\
        2>/dev/null)}}")
    if [[ -n "${{replies[1]}}" ]]; then compadd -a replies; else _files; fi
}}
if [[ "${{funcstack[1]}}" == _* ]]; then {function} "$@"; else compdef {function} {program}; fi
"""
_FISH = """\
{mark}
function {function}
    set -l replies ({program} {words} completion fish --line (commandline -cp | string collect) 2>/dev/null)
    if test (count $replies) -gt 0
        printf '%s\\n' $replies
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c {program} -f -a '({function})'
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_LOADED = {
    "bash": "new shells load it, if the package bash-completion is there; if not, add to ~/.bashrc: source {path}",
    "zsh": "add to ~/.zshrc, before compinit: fpath=({folder} $fpath)",
    "fish": "new shells load it",
}


def add(commands: Group) -> None:
    """Add `completion`."""
    parser = command(
        commands,
        "completion",
        _run,
        "print, or install, what lets a shell complete the command line",
        has_json=False,
        epilog='For the running shell: eval "$(... completion bash)" or zsh; ... completion fish | source.',
    )
    parser.add_argument(
        "shell", metavar="SHELL", nargs="?", choices=tuple(_SCRIPTS), help="bash, zsh or fish; usually yours"
    )
    parser.add_argument("--install", action="store_true", help="write it where the shell looks for it")
    parser.add_argument("--line", help=argparse.SUPPRESS)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    shell = options.shell or os.path.basename(os.environ.get("SHELL", ""))
    if shell not in _SCRIPTS:
        output.complain("error: the shell is not known: say bash, zsh or fish")
        return FAILED
    if options.line is not None:
        return _complete(host, shell, options, output)
    text = _script(shell, options.prog)
    if not options.install:
        output.say(text.rstrip("\n"))
        return DONE
    path = _place(shell, options.prog.split()[0])
    _write(path, text, options.prog)
    output.say(path)
    output.tell(_LOADED[shell].format(path=shlex.quote(path), folder=shlex.quote(os.path.dirname(path))))
    return DONE


def _script(shell: str, prog: str) -> str:
    program, *words = prog.split()
    function = "_" + re.sub(r"\W", "_", program) + "_completion"
    mark = _MARK.format(program=program, commands=prog, shell=shell)
    return _SCRIPTS[shell].format(
        mark=mark, function=function, program=shlex.quote(program), words=" ".join(map(shlex.quote, words))
    )


def _place(shell: str, program: str) -> str:
    """Return the file in which *shell* looks for what completes *program*.

    Source:
        bash-completion, "FAQ"; fish, "Where to put completions"; zsh has no such folder of the user's.
    """
    home = os.path.expanduser("~")
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    if shell == "bash":
        folder = os.environ.get("BASH_COMPLETION_USER_DIR") or os.path.join(data, "bash-completion")
        return os.path.join(folder, "completions", program)
    if shell == "zsh":
        return os.path.join(data, "zsh", "site-functions", f"_{program}")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return os.path.join(config, "fish", "completions", f"{program}.fish")


def _write(path: str, text: str, prog: str) -> None:
    if os.path.lexists(path):
        with open(path, encoding="utf-8", errors="replace") as stream:
            if f"made by: {prog} completion" not in stream.read():
                raise InstallRefusedError(
                    "there is a file of another program already", path, "remove it, or print to it"
                )
    os.makedirs(os.path.dirname(path), exist_ok=True)
    replace_file(path, text.encode(), mode=0o666)


def _complete(host: Host, shell: str, options: argparse.Namespace, output: Output) -> int:
    from pegboard.tools.cli.plugin_commands import COMMANDS

    def parser_of(words: Sequence[str]) -> argparse.ArgumentParser:
        if not words:  # to import all commands takes a fifth of a second
            names = argparse.ArgumentParser()
            names.add_argument("group", choices=COMMANDS)
            return names
        return completing_parser(host, options.prog, words)

    def application(words: Sequence[str], prefix: str) -> Iterable[str]:
        if options.complete is not None:
            return options.complete(words, prefix)  # type: ignore[no-any-return]
        return () if words else command_names(host)

    found = completions(options.line, options.prog.split()[1:], parser_of, application)
    if shell == "bash":
        found = for_bash(found, split(options.line)[1])
    if found:
        output.say(*found)
    return DONE
