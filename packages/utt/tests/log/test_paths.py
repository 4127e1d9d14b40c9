from __future__ import annotations

import pytest

from utt.exceptions import UttError
from utt.log.config import DefaultConfig, read_config
from utt.log.paths import config_dirname, data_dirname


@pytest.mark.parametrize(
    ("value", "data", "config"),
    [(None, "/home/me/.local/share/utt", "/home/me/.config/utt"), ("/x", "/x/utt", "/x/utt"), ("", "utt", "utt")],
)
def test_folders_come_from_the_environment_and_empty_is_not_unset(monkeypatch, value, data, config):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/ignored")
    for variable in ("XDG_DATA_HOME", "XDG_DATA_CONFIG"):
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, value)

    assert (data_dirname(), config_dirname()) == (data, config)


def test_the_configuration_is_the_default_overridden_by_the_file(tmp_path):
    (tmp_path / "utt.cfg").write_text("[A]\nKey = 1\n")

    config = read_config(str(tmp_path / "utt.cfg"), DefaultConfig()())

    assert {name: dict(section) for name, section in config.items()} == {"DEFAULT": {}, "A": {"key": "1"}}
    assert dict(read_config(str(tmp_path / "none.cfg"), DefaultConfig()())).keys() == {"DEFAULT"}


@pytest.mark.parametrize("data", [b"junk\n", b"[a]\n[a]\n", b"[a]\nk=\xff\n"])
def test_a_malformed_configuration_is_one_sentence_that_names_the_file(tmp_path, data):
    (tmp_path / "utt.cfg").write_bytes(data)
    with pytest.raises(UttError, match="cannot understand the configuration file .*utt.cfg") as caught:
        read_config(str(tmp_path / "utt.cfg"), DefaultConfig()())
    assert "\n" not in str(caught.value)
