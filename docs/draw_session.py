"""Draw `docs/images/session.svg` from the console blocks of `docs/session.md`; `make picture` runs it.

The picture is a terminal of 90 columns on a dark ground of its own, so that it can be read on light and dark pages. It
loads nothing: the reader's own monospaced font is used, and each piece of a line has its length, so that all fonts give
the same picture.
"""

from __future__ import annotations

import re
import textwrap
from html import escape
from pathlib import Path

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "session.md"
PICTURE = DOCS / "images" / "session.svg"

COLUMNS = 90
_CHARACTER, _LINE, _MARGIN, _BAR = 8.4, 20, 20, 36  # pixels; a character of 14 pixels is 8.4 wide in most fonts

_PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>A terminal session with utt and its plugins</title>
<style>
text {{
  font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  fill: #c9d1d9; white-space: pre;
}}
.prompt {{ fill: #7ee787 }}
.command {{ fill: #ffffff; font-weight: bold }}
.comment {{ fill: #8b949e }}
.warning {{ fill: #f2cc60 }}
</style>
<rect x="0.5" y="0.5" width="{width_inside}" height="{height_inside}" rx="10" fill="#0d1117" stroke="#484f58"/>
<circle cx="24" cy="20" r="6" fill="#ff5f56"/>
<circle cx="44" cy="20" r="6" fill="#ffbd2e"/>
<circle cx="64" cy="20" r="6" fill="#27c93f"/>
{lines}
</svg>
"""


def draw(text: str) -> str:
    """Return the picture of the console blocks in *text*, the page."""
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [pieces for line in "".join(blocks).splitlines() for pieces in _wrapped(line)]
    width, height = round(COLUMNS * _CHARACTER + 2 * _MARGIN), _BAR + len(lines) * _LINE + _MARGIN
    return _PICTURE.format(
        width=width,
        height=height,
        width_inside=width - 1,  # the line around it is as thick as a pixel
        height_inside=height - 1,
        lines="\n".join(_line(pieces, _BAR + number * _LINE) for number, pieces in enumerate(lines, 1)),
    )


def _wrapped(line: str) -> list[list[tuple[str, str]]]:
    """Return *line* as a terminal wraps it at words, each part as pieces of style and text."""
    if line.startswith("$ "):
        return [[("prompt", "$ "), ("comment" if line.startswith("$ #") else "command", line[2:])]]
    style = "warning" if ": warning[" in line else "output"
    parts = textwrap.wrap(line, COLUMNS, break_on_hyphens=False) or [""]
    return [[(style, part)] for part in parts]


def _line(pieces: list[tuple[str, str]], y: int) -> str:
    spans, column = [], 0
    for style, text in pieces:
        if text:
            x, length = round(_MARGIN + column * _CHARACTER, 1), round(len(text) * _CHARACTER, 1)
            spans.append(f'<tspan class="{style}" x="{x}" textLength="{length}">{escape(text, quote=False)}</tspan>')
        column += len(text)
    return f'<text y="{y}" xml:space="preserve">{"".join(spans)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
