import pytest

from pegboard.ledger import Plugin
from pegboard.startup.policy.policy import Policy, load_policy


@pytest.fixture
def file(tmp_path):
    return tmp_path / "plugins.toml"


def load(file, text=None, **environ):
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_policy("MY_APP", str(file), environ)


def balance(source="namespace"):
    return Plugin("balance", "my.plugins.balance", source=source)


def test_without_file_and_environment_everything_may_run(file):
    policy = load(file)
    assert policy.why_disabled(balance()) is None
    assert policy.problems == []
    assert policy.strict is None


def test_the_file_disables_a_plugin_and_says_where(file):
    policy = load(file, "[plugins.balance]\nenabled = false\n")
    assert policy.why_disabled(balance()) == f"disabled in {file}"


def test_the_file_can_enable_plugins_one_by_one(file):
    policy = load(file, "enabled = false\n[plugins.balance]\nenabled = true\n")
    assert policy.why_disabled(balance()) is None
    assert policy.why_disabled(Plugin("other", "o")) is not None
    assert policy.why_disabled(Plugin("add", "a", source="built-in")) is None


def test_order_and_strict_are_read(file):
    policy = load(file, 'strict = true\norder = ["b", "a", "b"]\n')
    assert policy.strict is True
    assert policy.order == ("b", "a")


def test_the_environment_beats_the_file(file):
    policy = load(
        file, "strict = true\n[plugins.balance]\nenabled = false\n", MY_APP_PLUGINS="balance", MY_APP_PLUGINS_STRICT="0"
    )
    assert policy.why_disabled(balance()) is None
    assert policy.strict is False


@pytest.mark.parametrize("yes", ["1", "true", "YES", " on ", "all"])
def test_safe_mode_leaves_out_all_but_built_in_plugins(file, yes):
    policy = load(file, MY_APP_NO_PLUGINS=yes)
    assert policy.why_disabled(balance()) == "left out by MY_APP_NO_PLUGINS"
    assert policy.why_disabled(balance("built-in")) is None


@pytest.mark.parametrize("no", ["", "0", "false", "no", "off"])
def test_safe_mode_can_be_said_to_be_off(file, no):
    assert load(file, MY_APP_NO_PLUGINS=no).why_disabled(balance()) is None


def test_named_plugins_are_left_out_even_built_in_ones(file):
    policy = load(file, MY_APP_NO_PLUGINS="x, balance")
    assert policy.why_disabled(balance("built-in")) is not None
    assert policy.why_disabled(Plugin("y", "y")) is None


def test_the_command_line_beats_the_environment(file):
    policy = load(file, MY_APP_PLUGINS="balance")
    policy.leave_out(["balance"], "left out by --no-plugins=balance")
    assert policy.why_disabled(balance()) == "left out by --no-plugins=balance"


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("strict = true\norder = [\n", "end of document", 2),
        ("strict = \n", "Invalid value", 1),
        ("\n\nstrict = 1\n", "'strict' must be true or false", 3),
        ('order = "a"\n', "'order' must be a list of plugin names", 1),
        ("order = [1]\n", "'order' must be a list of plugin names", 1),
        ("enabled = 'x'\n", "'enabled' must be true or false", 1),
        ("plugins = 3\n", "'plugins' must be tables", 1),
        ("strikt = true\n", "there is no setting 'strikt'", 1),
        ("[plugins]\nbalance = 3\n", "'plugins.balance' must be a table", 2),
        ("[plugins.balance]\nenabled = 'no'\n", "'plugins.balance.enabled' must be true or false", 2),
        ("[plugins.balance]\nx = 1\n", "there is no setting 'plugins.balance.x'", 2),
        (b"a = 1\nb = '\xff'\n", "it is not UTF-8 text", 2),
    ],
)
def test_a_slip_in_the_file_is_named_with_its_line_and_the_defaults_hold(file, text, problem, line):
    policy = load(file, text)
    (found,) = policy.problems
    assert problem in str(found)
    assert f"{file}, line {line}" in str(found)
    assert policy.why_disabled(balance()) is None
    assert policy.strict is None


def test_a_slip_changes_nothing_else_in_the_file(file):
    policy = load(file, "strikt = true\n[plugins.balance]\nenabled = false\n")
    assert len(policy.problems) == 1
    assert policy.why_disabled(balance()) is not None


def test_a_folder_in_the_files_place_is_a_problem(file):
    file.mkdir()
    (problem,) = load(file).problems
    assert "directory" in str(problem)


def test_a_switch_that_is_neither_yes_nor_no_is_a_problem(file):
    (problem,) = load(file, MY_APP_PLUGINS_STRICT="perhaps").problems
    assert "environment variable MY_APP_PLUGINS_STRICT" in str(problem)
    assert "'perhaps' is neither 1 nor 0" in str(problem)


def test_without_any_place_for_a_file_the_environment_still_counts():
    assert load_policy("APP", None, {"APP_NO_PLUGINS": "1"}).safe_mode


def test_leave_out_without_names_is_safe_mode():
    policy = Policy()
    policy.leave_out([""], "why")
    assert policy.safe_mode == "why"


def test_a_plugin_is_left_out_with_the_last_of_its_entry_points():
    plugin = balance()
    plugin.entry_points = (("one", "app", "acme:one", "acme"), ("two", "app", "acme:two", "acme"))
    policy = Policy()
    policy.leave_out(["app:one", "other:two"], "why")
    assert policy.why_disabled(plugin) is None
    assert policy.why_disabled(balance()) is None
    policy.leave_out(["app:two"], "why")
    assert policy.why_disabled(plugin) == "why"
