"""What installers do between two starts counts at the next one, whichever installer, whatever way it goes."""

from __future__ import annotations

import subprocess

import pytest
from support.wheel import write_wheel

pytestmark = pytest.mark.slow

PLUGIN = """
from utt.api import v1

class Say:
    def __init__(self, output: v1.Output):
        self.output = output

    def __call__(self):
        print("version {version}", file=self.output)

v1.register_command(v1.Command("say", "Say which version this is", Say, lambda parser: None))
"""
STEPS = (
    # words after `pip`, the version of acme-say that is there then
    (("install", "acme-say==1.0"), "1.0"),
    (("install", "acme-say==2.0"), "2.0"),
    (("install", "acme-say==1.0"), "1.0"),
    (("install", "--force-reinstall", "acme-say==1.0"), "1.0"),
    (("uninstall", "--yes", "acme-say"), None),
    (("install", "acme-say"), "2.0"),
    (("uninstall", "--yes", "acme-say"), None),
)


def test_what_pip_does_counts(environments, user, tmp_path):
    environment = environments.make(tmp_path / "venv", "packages/utt")
    environments.add_pip(environment)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for version in ("1.0", "2.0"):
        write_wheel(wheels, "acme-say", version, {"utt/plugins/say.py": PLUGIN.format(version=version)})
    utt = environment.program("utt")
    assert user.run(utt, "say").code == 2
    for (verb, *words), version in STEPS:
        places = ["--no-index", "--find-links", wheels] if verb == "install" else []
        pip = [environment.python, "-m", "pip", "--disable-pip-version-check", verb, *places, *words]
        subprocess.run(pip, check=True, capture_output=True)
        for _ in range(2):
            said = user.run(utt, "say")
            if version is None:
                assert said.code == 2
                assert "Say which version" not in user.run(utt, "--help").out
            else:
                assert (said.code, said.out, said.err) == (0, f"version {version}\n", "")
                assert "Say which version this is" in user.run(utt, "--help").out
