"""`.pth` files that run code at each start of Python, whoever starts it.

Source: the module `site`, Python's library reference: "Lines starting with import ... are executed".
"""

from __future__ import annotations

import os
import site
from typing import TYPE_CHECKING

from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Examination

_OF_ENVIRONMENTS = {
    "_virtualenv.pth": "import _virtualenv",  # virtualenv's and uv's
    "distutils-precedence.pth": "import os; var = 'SETUPTOOLS_USE_DISTUTILS';",  # of setuptools, up to Python 3.11
}
"""What tools that make virtual environments put into each, and how it begins: nobody has to be told."""


def startup_files(examination: Examination) -> Iterator[Finding]:
    """Yield each `.pth` file with code in it, and who brought it."""
    for directory in _directories(examination):
        for name in examination.files.names(directory):
            if not name.endswith(".pth"):
                continue
            path = os.path.normpath(f"{directory}/{name}")
            text = examination.files.read(path) or ""
            code = [line.strip() for line in text.splitlines() if line.startswith(("import ", "import\t"))]
            if not code or text.startswith(_OF_ENVIRONMENTS.get(name, "\0")):
                continue
            item = next((owner for owner, _ in examination.brought.get(path, ())), None)
            plugins = examination.concerned.get(item.key, (item, []))[1] if item else []
            who = str(item.distribution) if item else ""
            yield finding(
                "startup-file-runs-code",
                f"{name}{f' of {who}' if who else ''} runs code at each start of Python",
                plugin=plugins[0].name if plugins else "",
                distribution=who,
                cause=code[0] if len(code[0]) < 100 else f"{code[0][:97]}...",  # noqa: PLR2004 -- one line
                where=path,
                remedy=f"nothing has to be done, if {item.distribution.name} is wanted"
                if item
                else "find out what wrote it: no distribution owns it; remove it if nobody needs it",
            )


def _directories(examination: Examination) -> list[str]:
    known = list(getattr(site, "getsitepackages", list)())
    if site.ENABLE_USER_SITE:
        known.append(site.getusersitepackages())
    used = {os.path.realpath(entry) for entry in examination.entries}
    return [path for path in dict.fromkeys(known) if os.path.realpath(path) in used]
