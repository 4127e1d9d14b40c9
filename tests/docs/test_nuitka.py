"""The command for Nuitka that the how-to page prints; compiling takes minutes, so that only `make soak` does it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.environments import COMPILER
from support.soak import sized

PAGE = "docs/how-to/freeze-your-application.md"
_LISTED = re.compile(r"^\$ python notes\.pyz formats\n(.*?)^\$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (python -m nuitka.*?)\n\$ (\S+) formats$", re.MULTILINE | re.DOTALL)


def follow(reader, page):
    """Compile the application as the page says, and return what two starts of it list, and what the page lists."""
    text = Path(page.path).read_text(encoding="utf-8")
    command, program = _COMMAND.search(text).groups()
    for name, content in page.files.items():
        path = reader.home / name[2:] if name.startswith("~/") else reader.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    shown = []
    for line in ("pip install --quiet ./shout", f"{command} > log 2>&1 || tail log", *[f"{program} formats"] * 2):
        done = subprocess.run(
            ["bash", "-c", line], cwd=reader.folder, env=reader.environ, capture_output=True, text=True, check=False
        )
        shown.append((done.stdout + done.stderr).replace(str(reader.home), "/home/ada"))
    return shown, _LISTED.search(text)[1]


if sized(sample=False, soak=True):

    @pytest.mark.slow
    @pytest.mark.soak
    def test_nuitka_with_the_flags_of_the_page(packager_with, page):
        assert shutil.which("gcc"), "there is no compiler of C: install gcc, Nuitka needs one"
        shown, expected = follow(packager_with(*COMPILER), page(PAGE))
        assert shown[:2] == ["", ""]
        names = [line.split()[0] for line in expected.splitlines()]
        for listed in shown[2:]:
            assert sorted(line.split()[0] for line in listed.splitlines()) == sorted(names)
            assert "notes-shout 1.0" in listed
