"""Thirty plugins, ten of them broken in ten ways: utt and the twenty others work, and the doctor names each of the ten."""

from __future__ import annotations

import json
import os
import signal

import pytest

pytestmark = pytest.mark.slow

GOOD = """
from utt.api import v1

class Good:
    def __init__(self, output: v1.Output):
        self.output = output

    def __call__(self):
        print("good {number}", file=self.output)

v1.register_command(v1.Command("good-{number}", "Say that number {number} works", Good, lambda parser: None))
"""
HANG = """
import os
try:
    os.write(3, b"x")  # tells the test that it hangs, if it listens
except OSError:
    pass
while True:
    pass
"""
NAMES = range(20)
BROKEN = {
    # distribution: (its plugin's name, the plugin's source, the code of the finding, what its cause says)
    "acme-syntax": ("syntax", "def (:\n", "plugin-import-failed", "SyntaxError"),
    "acme-lacks": ("lacks", "import a_module_nobody_has\n", "plugin-import-failed", "a_module_nobody_has"),
    "acme-exits": ("exits", "raise SystemExit(3)\n", "plugin-import-failed", "sys.exit(3)"),
    "acme-recurses": ("recurses", "def again(): again()\nagain()\n", "plugin-import-failed", "RecursionError"),
    "acme-own": ("own", "class Own(BaseException): pass\nraise Own('no luck')\n", "plugin-import-failed", "no luck"),
    "acme-nonsense": (
        "nonsense",
        "from utt.api import v1\nv1.register_command(7)\n",
        "plugin-import-failed",
        "AttributeError",
    ),
    "acme-segfault": ("segfault", "import ctypes\nctypes.string_at(0)\n", "plugin-kills-process", "SIGSEGV"),
    "acme-leaves": ("leaves", "import os\nos._exit(9)\n", "plugin-kills-process", "status 9"),
    "acme-hangs": ("hangs", HANG, "plugin-import-hangs", "5 s"),
    "acme-clash": ("clash", GOOD.replace("good-{number}", "add").replace("{number}", "x"), "name-clash", "'add'"),
}


@pytest.fixture
def chaos(install, tmp_path):
    """utt with the twenty and the ten, after as many starts as it takes to get over those that kill it."""
    good = {f"acme-good-{number}": {f"good{number}.py": GOOD.replace("{number}", str(number))} for number in NAMES}
    bad = {name: {f"{plugin}.py": source} for name, (plugin, source, _, _) in BROKEN.items()}
    return install({**good, **bad}, own=tmp_path / "environment")


def get_over_it(installed):
    """Start utt until a start comes through; one that hangs is killed as soon as it says so. Return all it said."""
    said = []
    for _ in range(20):
        reader, writer = os.pipe()
        process = installed.start("config", pass_fds=(3,), preexec_fn=lambda writer=writer: os.dup2(writer, 3))
        os.close(writer)
        if os.read(reader, 1):  # what hangs writes a byte; all others close the pipe when they end
            process.send_signal(signal.SIGKILL)
        os.close(reader)
        _, error = process.communicate()
        said.append(error.decode())
        if process.returncode == 0:
            return said
    raise AssertionError("\n".join(said))


def test_the_good_twenty_work_and_each_of_the_ten_is_named(chaos):
    said = get_over_it(chaos)
    for plugin in ("segfault", "leaves", "hangs"):
        assert any(f"plugin {plugin!r} of acme-{plugin} 1.2.0" in text for text in said)

    assert chaos.utt("report").code == 0
    assert "acme: call" in chaos.utt("report").out
    assert chaos.utt("add", "acme: more").code == 0
    assert "acme: more" in chaos.utt("report").out
    for number in NAMES:
        done = chaos.utt(f"good-{number}")
        assert (done.code, done.out) == (0, f"good {number}\n")
    help_screen = chaos.utt("--help")
    assert all(f"good-{number} " in help_screen.out for number in NAMES)

    done = chaos.utt("plugins", "doctor", "--json", "--deadline", "5")
    assert done.code == 1
    findings = json.loads(done.out)["findings"]
    for distribution, (plugin, _, code, cause) in BROKEN.items():
        found = [finding for finding in findings if finding["plugin"] == plugin]
        assert found, (plugin, done.err, findings)
        assert any(finding["code"] == code for finding in found), (plugin, found)
        assert any(cause in json.dumps(finding) for finding in found), (plugin, found)
        assert all(finding["distribution"].startswith(distribution) for finding in found)
        assert all(finding["remedy"] for finding in found)
    assert not [finding for finding in findings if (finding["plugin"] or "").startswith("good")]


FAILS = "from utt.api import v1\nclass Own(BaseException): pass\n@v1.entry_added\ndef fails(entry): {}\n"
TELLS = """
import os
from utt.api import v1

@v1.entry_added
def tell(entry):
    with open(os.environ["TOLD"], "a") as told:
        told.write("{number} ")
"""
FAILING = {
    "value": "raise ValueError('no luck')",
    "exits": "raise SystemExit(3)",
    "own": "raise Own('no luck')",
    "recurses": "fails(entry)",
    "stops": "raise StopIteration",
}


def test_the_twenty_are_told_of_an_entry_and_each_of_five_that_fail_is_named(install, user, tmp_path):
    told = tmp_path / "told"
    user.environ["TOLD"] = str(told)
    good = {
        f"acme-tells-{number:02}": {f"tells{number:02}.py": TELLS.replace("{number}", f"{number:02}")}
        for number in NAMES
    }
    bad = {f"acme-{name}": {f"{name}.py": FAILS.format(body)} for name, body in FAILING.items()}
    installed = install({**good, **bad})
    for entry in ("first", "second", "third"):  # the first start records them, later ones import them for the hook
        done = installed.utt("add", f"acme: {entry}")
        assert (done.code, done.out) == (0, "")
        assert told.read_text().split() == [f"{number:02}" for number in NAMES]
        told.unlink()
        for name in FAILING:
            (line,) = [line for line in done.err.splitlines() if f"plugin {name!r} of acme-{name} 1.2.0" in line]
            assert "answering the hook 'entry_added'" in line
    assert [line.rpartition(": ")[2] for line in user.log.read_text().splitlines()[-3:]] == ["first", "second", "third"]
