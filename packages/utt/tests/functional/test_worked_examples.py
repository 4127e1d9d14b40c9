"""Every worked example of the specification, in a real process with a real file."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import pytest

TABLE = Path(__file__).with_name("worked_examples.txt")


@dataclass
class Example:
    name: str
    log: str | None = None
    command: str = ""
    out: list[str] = field(default_factory=list)
    err: str = ""
    code: int | None = None
    log_after: str | None = None


def examples():
    found = []
    for block in TABLE.read_text(encoding="utf-8").split("\n=== ")[1:]:
        name, *lines = block.removesuffix("\n").split("\n")
        example = Example(name)
        log, seen_command, in_stderr = [], False, False
        for line in lines:
            text = line.replace("<SP>", " ").replace("<CR>", "\r")
            if not seen_command and text.startswith("$ "):
                example.command, seen_command = text[2:], True
                example.log = "".join(log) if log else None
                log = []
            elif text.startswith("  |") and (not seen_command or example.log_after is not None):
                content = text[4:]
                log.append(content[:-1] if content.endswith("~") else content + "\n")
            elif not seen_command:
                assert text.strip() == "(no file)"
            elif text == "log afterwards:":
                example.log_after = ""
            elif text.startswith("exit "):
                example.code, in_stderr = int(text[5:]), False
            elif text.startswith("stderr: "):
                example.err, in_stderr = text[8:] + "\n", True
            elif in_stderr:
                example.err += text + "\n"
            elif example.code is None:
                example.out.append(text)
        if example.log_after is not None:
            example.log_after = "".join(log)
        found.append(example)
    assert len(found) == 24
    return found


@pytest.mark.slow
@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name.split()[0])
def test_an_example_does_what_it_says(home, example):
    if example.log is not None:
        home.write_log(example.log)
    words = shlex.split(example.command)
    env = {}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        env[name] = value
    assert words.pop(0) == "utt"

    done = home.utt(*words, now=None, env=env)

    assert done.out == "".join(line + "\n" for line in example.out)
    assert (done.code, re.sub(r"\n  hint: .*", "", done.err)) == (example.code, example.err)  # hints are ours
    after = home.log.read_bytes().decode() if home.log.exists() else None
    assert after == (example.log if example.log_after is None else example.log_after)
