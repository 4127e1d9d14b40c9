"""`.pth` files that run code at each start of Python.

Source: the module `site`, Python's library reference: "Lines starting with import ... are executed".
"""

from __future__ import annotations

import os
import site
from typing import TYPE_CHECKING

from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence

_OF_ENVIRONMENTS = {
    "_virtualenv.pth": "import _virtualenv",  # virtualenv's and uv's
    "distutils-precedence.pth": "import os; var = 'SETUPTOOLS_USE_DISTUTILS';",  # of setuptools, up to Python 3.11
}
"""Files that tools put into every virtual environment, which are not reported, and their first characters."""


def startup_files(evidence: Evidence) -> Iterator[Finding]:
    """Yield each `.pth` file that contains code, and the distribution that has installed it."""
    for directory in _directories(evidence):
        for name in evidence.files.names(directory):
            if not name.endswith(".pth"):
                continue
            path = os.path.normpath(f"{directory}/{name}")
            text = evidence.files.read(path) or ""
            code = [line.strip() for line in text.splitlines() if line.startswith(("import ", "import\t"))]
            if not code or text.startswith(_OF_ENVIRONMENTS.get(name, "\0")):
                continue
            item = next((owner for owner, _ in evidence.installed_files.get(path, ())), None)
            plugins = evidence.with_plugins.get(item.key, (item, []))[1] if item else []
            owner = str(item.distribution) if item else ""
            yield finding(
                "startup-file-runs-code",
                f"{name}{f' of {owner}' if owner else ''} runs code at each start of Python",
                plugin=plugins[0].name if plugins else "",
                distribution=owner,
                cause=code[0] if len(code[0]) < 100 else f"{code[0][:97]}...",  # noqa: PLR2004 -- one line
                where=path,
                remedy=f"none, if you want {item.distribution.name}"
                if item
                else "find out what has written it, since no distribution owns it; remove it if it is not needed",
            )


def _directories(evidence: Evidence) -> list[str]:
    known = list(getattr(site, "getsitepackages", list)())
    if site.ENABLE_USER_SITE:
        known.append(site.getusersitepackages())
    used = {os.path.realpath(entry) for entry in evidence.entries}
    return [path for path in dict.fromkeys(known) if os.path.realpath(path) in used]
