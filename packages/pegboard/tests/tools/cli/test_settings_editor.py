import os
import stat

import pytest

from pegboard.errors import SettingsError
from pegboard.startup.policy.lines import lines_of
from pegboard.tools.cli.settings_editor import SettingsEditor

TEXT = """\
# my settings
strict = false   # for now

order = [
    "b",  # first
    "a",
]

[plugins.balance]   # odd numbers
# it is slow
enabled   =   false # until it is mended

[plugins."my-plug"]
eager = true
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "plugins.toml"
    file.write_text(TEXT)
    return file


def change(path, *keys, value):
    file = SettingsEditor(str(path))
    file.set(keys, value)
    file.write()
    return path.read_bytes().decode()


def test_setting_changes_one_value_and_no_comment_or_space(path):
    text = change(path, "plugins", "balance", "enabled", value=True)
    assert text == TEXT.replace("enabled   =   false", "enabled   =   true")


def test_a_new_table_goes_to_the_end_after_an_empty_line(path):
    text = change(path, "plugins", "csv", "enabled", value=False)
    assert text == TEXT + "\n[plugins.csv]\nenabled = false\n"


def test_a_new_setting_of_the_whole_comes_before_the_tables(path):
    text = change(path, "enabled", value=True)
    assert text.index("enabled = true") < text.index("[plugins.balance]")


def test_the_last_setting_of_a_plugin_takes_its_table_along(path):
    text = change(path, "plugins", "my-plug", "eager", value=None)
    assert "my-plug" not in text
    assert text.startswith(TEXT[: TEXT.index('[plugins."my')])


def test_a_table_with_a_comment_stays_when_it_is_empty(path):
    assert "# it is slow" in change(path, "plugins", "balance", "enabled", value=None)


@pytest.mark.parametrize(
    "text",
    [
        "plugins.balance.enabled = true\n",
        "[plugins]\nbalance = {enabled = true}\n",
        "[plugins]\nbalance.enabled = true\n",
        "[plugins.balance]\nenabled = true",
        "[plugins.balance]\nenabled = true\n[other]\n[plugins.x]\neager = true\n",
        "",
        "# nothing but a comment",
        "strict = true",
    ],
)
def test_every_way_to_write_it_can_be_changed(path, text):
    path.write_text(text)
    change(path, "plugins", "balance", "enabled", value=False)
    assert SettingsEditor(str(path)).now.get("plugins", "balance", "enabled") is False


def test_line_ends_stay(path):
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    text = change(path, "plugins", "csv", "enabled", value=False)
    assert text.count("\r\n") == text.count("\n") == TEXT.count("\n") + 3


def test_a_file_and_its_folder_are_made(tmp_path):
    file = SettingsEditor(str(tmp_path / "new" / "plugins.toml"))
    file.set(("plugins", "a", "enabled"), False)
    file.write()
    assert (tmp_path / "new" / "plugins.toml").read_text() == "[plugins.a]\nenabled = false\n"
    assert os.listdir(tmp_path / "new") == ["plugins.toml"]


def test_permissions_stay(path):
    path.chmod(0o600)
    change(path, "strict", value=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(path, tmp_path):
    link = tmp_path / "link" / "plugins.toml"
    link.parent.mkdir()
    link.symlink_to(path)
    change(link, "strict", value=True)
    assert link.is_symlink()
    assert "strict = true   # for now" in path.read_text()


def test_nonsense_is_refused_with_its_line(path):
    path.write_text("strict = true\norder = [\n")
    with pytest.raises(SettingsError) as caught:
        SettingsEditor(str(path))
    assert caught.value.line == 2
    assert path.read_text() == "strict = true\norder = [\n"


def test_what_is_no_text_is_refused_with_its_line(path):
    path.write_bytes(b"strict = true\n# \xff\n")
    with pytest.raises(SettingsError, match="it is not UTF-8 text") as caught:
        SettingsEditor(str(path))
    assert caught.value.line == 2


@pytest.mark.parametrize("text", ["a = 1\nplugins = 3\n", "a = 1\nplugins.balance = true\n"])
def test_a_value_where_a_table_must_be_is_refused_with_its_line(path, text):
    path.write_text(text)
    with pytest.raises(SettingsError, match="must be a table") as caught:
        SettingsEditor(str(path)).set(("plugins", "balance", "enabled"), True)
    assert caught.value.line == 2


def test_an_edit_in_the_meantime_is_noticed_and_kept(path, tmp_path):
    file = SettingsEditor(str(path))
    file.set(("strict",), True)
    path.write_text("strict = false # mine\n")
    with pytest.raises(SettingsError, match="in the meantime"):
        file.write()
    assert path.read_text() == "strict = false # mine\n"
    assert os.listdir(tmp_path) == ["plugins.toml"]


def test_a_ctrl_c_while_writing_leaves_nothing_behind(path, tmp_path, monkeypatch):
    file = SettingsEditor(str(path))
    file.set(("strict",), True)

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        file.write()
    assert path.read_text() == TEXT
    assert os.listdir(tmp_path) == ["plugins.toml"]


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "config").write_text("")
    with pytest.raises(SettingsError, match="Not a directory|exists"):
        change(tmp_path / "config" / "plugins.toml", "strict", value=True)


def test_setting_what_is_so_already_is_no_change(path):
    assert SettingsEditor(str(path)).set(("strict",), False) is False


def test_lines_are_those_of_keys_and_tables():
    assert lines_of(TEXT) == {
        ("strict",): 2,
        ("order",): 4,
        ("plugins",): 9,
        ("plugins", "balance"): 9,
        ("plugins", "balance", "enabled"): 11,
        ("plugins", "my-plug"): 13,
        ("plugins", "my-plug", "eager"): 14,
    }
