"""Does a published plugin go on when the application's hooks change? Real wheels, in a real environment."""

from __future__ import annotations

import re
import subprocess

import pytest
from support.wheel import write_wheel

FIRST = {
    "editor/__init__.py": "",
    "editor/core.py": """
from pegboard import Host

host = Host("editor")

@host.hooks.notify
def saved(document: str) -> None: ...

@host.hooks.collect
def suggestions(document: str) -> str:
    raise NotImplementedError

@host.hooks.notify
def closed(window: int) -> None: ...
""",
    "editor/api/__init__.py": "",
    "editor/api/v1.py": """
from editor import core

saved = core.saved.implement
suggest = core.suggestions.implement
closed = core.closed.implement
""",
    "editor/__main__.py": """
from editor.core import host, saved, suggestions

saved("letter")
print(suggestions("letter"), [(plugin.name, plugin.state) for plugin in host.plugins])
print(*[problem.one_line() for problem in host.problems], sep="\\n")
""",
}
SECOND = FIRST | {
    "editor/core.py": """
from pegboard import Host

host = Host("editor")

@host.hooks.notify
def saved(document: str, by: str = "nobody") -> None: ...

@host.hooks.collect
def proposals(document: str) -> str:
    raise NotImplementedError
""",
    "editor/api/v1.py": """
from editor import core

@core.saved.as_published
def saved(document: str) -> None: ...

suggest = core.proposals.renamed_from("suggestions")
closed = core.host.hooks.ended("closed", since="2.0", instead="implement saved")
""",
    "editor/api/v2.py": """
from editor import core

saved = core.saved.implement
propose = core.proposals.implement
""",
    "editor/__main__.py": """
from editor.core import host, proposals, saved

saved("letter", by="ada")
print(proposals("letter"), [(plugin.name, plugin.state) for plugin in host.plugins])
print(*[problem.one_line() for problem in host.problems], sep="\\n")
""",
}
PUBLISHED = """
from editor.api import v1

@v1.saved
def committed(document):
    print("committed", document)

@v1.suggest
def push(document):
    return "push " + document

@v1.closed
def left(window): ...
"""
NEW = """
from editor.api import v2

@v2.saved
def mailed(document, by):
    print("mailed", document, "of", by)

@v2.propose.ordered("early")
def send(document):
    return "send " + document
"""


@pytest.fixture
def user(environments, tmp_path):
    """Return what installs wheels, or runs the application."""
    environment = environments.make(tmp_path / "environment", "packages/pegboard")
    home = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "always::DeprecationWarning"}

    class User:
        def install(self, name, version, files):
            environments.install(environment, write_wheel(tmp_path / "wheels", name, version, files))

        def run(self):
            command = [environment.python, "-m", "editor"]
            done = subprocess.run(
                command, capture_output=True, text=True, env=home, cwd=tmp_path / "wheels", check=True
            )
            return done.stdout.splitlines(), done.stderr

    return User()


PLUGIN = "plugin 'git' of editor-git 1.0"
TOLD = [
    (
        f"warning[hook-deprecated]: {PLUGIN} implements the hook 'suggestions', which is deprecated:"
        " the hook 'suggestions' is called 'proposals' now (hint: implement 'proposals')"
    ),
    (
        f"warning[hook-deprecated]: {PLUGIN} implements the hook 'closed', which is deprecated:"
        " the hook 'closed' is not called any more, since 2.0 (hint: implement saved)"
    ),
]


@pytest.mark.slow
def test_a_published_plugin_goes_on_when_hooks_grow_and_are_renamed_and_ended(user):
    user.install("editor", "1.0", FIRST)
    user.install("editor-git", "1.0", {"editor/plugins/git.py": PUBLISHED})
    assert user.run() == (["committed letter", "['push letter'] [('git', 'active')]", ""], "")

    user.install("editor", "2.0", SECOND)
    user.install("editor-mail", "1.0", {"editor/plugins/mail.py": NEW})
    expected = [
        "committed letter",
        "mailed letter of ada",
        "['send letter', 'push letter'] [('git', 'active'), ('mail', 'active')]",
        *TOLD,
    ]
    for _ in ("cold", "warm"):
        said, warned = user.run()
        assert said == expected
        lines = re.findall(r"editor/plugins/git\.py:(\d+): DeprecationWarning: ", warned)
        assert [PUBLISHED.splitlines()[int(line) - 1] for line in lines] == ["@v1.suggest", "@v1.closed"]
