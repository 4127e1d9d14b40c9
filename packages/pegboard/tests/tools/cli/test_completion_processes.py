"""The command line is completed by a real shell, and no plugin is imported for it."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

MAIN = """
import sys
from app.api import host
from pegboard.cli import manage
offered = lambda words, prefix: [f"--option-{len(words)}"] if prefix.startswith("-") else ["go", "plug-in"]
sys.exit(manage(host, sys.argv[2:], prog="app plugins", complete=offered))
"""
BASH = """
source <(app plugins completion bash)
complete_line() {
    COMP_LINE=$1 COMP_POINT=${#1}
    read -ra COMP_WORDS <<< "$1"
    COMPREPLY=()
    _app_completion 2>/dev/null
    echo "${COMPREPLY[@]}"
}
"""
ZSH = """
compdef() { :; }
compadd() { shift; echo "${(P@)1}" }
_files() { echo files }
eval "$(app plugins completion zsh)"
complete_line() {
    words=("${(@s: :)1}") CURRENT=${#words} PREFIX=${words[-1]}
    _app_completion
}
"""
FISH = """
app plugins completion fish | source
function complete_line
    complete -C "$argv[1]" | string join ' '
end
"""
LINES = {
    "app plugins li": "list",
    "app pl": "plugins plug-in",
    "app --o": "--option-0",
    "app go --o": "--option-1",
    "app plugins info b": "beta",
    "app plugins disable ": "alpha beta",
    "app plugins list --state pr": "primed",
}


@pytest.fixture
def environ(application, tmp_path):
    application.write("app/__main__.py", MAIN)
    for name in ("alpha", "beta"):
        application.plugin(name, f"open({str(tmp_path / 'imported')!r}, 'a').write('{name} ')")
    application.settle()
    program = tmp_path / "bin" / "app"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -B -m app "$@"\n')
    program.chmod(0o755)
    found = application.environ | {"PATH": f"{program.parent}:/usr/bin:/bin", "HOME": str(tmp_path / "home")}
    subprocess.run([program, "plugins", "list"], env=found, check=True, capture_output=True, cwd=application.root)
    (tmp_path / "imported").write_text("")
    return found


SHELLS = {"bash": (BASH, []), "zsh": (ZSH, ["-f"]), "fish": (FISH, [])}


@pytest.mark.parametrize("shell", [name for name in SHELLS if shutil.which(name)])
def test_a_shell_completes_commands_options_and_names(environ, application, tmp_path, shell):
    assert shutil.which("bash")
    prelude, options = SHELLS[shell]
    calls = "".join(f"complete_line '{line}'\n" for line in LINES)
    done = subprocess.run(
        [shutil.which(shell), *options, "-c", prelude + calls],
        env=environ, cwd=application.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [" ".join(sorted(line.split())) for line in done.stdout.splitlines()]
    assert dict(zip(LINES, found, strict=True)) == {
        line: " ".join(sorted(words.split())) for line, words in LINES.items()
    }
    assert (tmp_path / "imported").read_text() == ""


def test_it_is_installed_where_the_shell_looks_and_replaces_nobody_s(environ, application, tmp_path):
    def app(*words, **more):
        return subprocess.run(
            [tmp_path / "bin" / "app", "plugins", "completion", *words],
            env=environ | more, cwd=application.root, capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = app("--install", SHELL="/usr/bin/fish", XDG_CONFIG_HOME=str(tmp_path / "c"))
    path = tmp_path / "c" / "fish" / "completions" / "app.fish"
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, str(path))
    assert path.read_text() == app("fish").stdout
    path.write_text("mine\n")
    done = app("fish", "--install", XDG_CONFIG_HOME=str(tmp_path / "c"))
    assert done.returncode == 1
    assert path.read_text() == "mine\n"
    assert app(SHELL="/bin/odd").returncode == 1
