from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pegboard.errors import ConfigurationError, describe_exception
from pegboard.ledger import Plugin
from pegboard.startup.policy.plugins_toml import PluginsToml, read_plugins_toml
from pegboard.startup.policy.policy import load_policy, make_policy

NAMES = ["a", "b", "näme", 'qu"ote', "dot.ted", "", "\x1b[2J", "1"]
VALUES = [
    "true",
    "false",
    "1",
    "-0.0",
    "inf",
    "nan",
    "1" * 5000,
    "0x" + "f" * 5000,
    "1979-05-27T07:32:00Z",
    "1979-13-27",
    "9999-12-31T23:59:60",
    '"text"',
    "'''\nmany\nlines = 1\n[plugins.a]\n'''",
    '"""\\\n  [x]\n"""',
    '"\\uD800"',
    '"\\x"',
    "[]",
    "[1, [2, {x = 3}]]",
    "[\n  # ] a comment\n  1,\n]",
    "{}",
    "{enabled = false}",
    "{x = {y = {z = 1}}}",
    "[" * 400 + "]" * 400,
    "{a = " * 400 + "1" + "}" * 400,
    "",
    "=",
    "nil",
]
KEYS = [
    "strict",
    "enabled",
    "order",
    "plugins",
    "eager",
    "strikt",
    "plugins.a.enabled",
    ".".join("k" * 150),
    '""',
    "a b",
]
KEYS += ['"plugins"."a"."eager"', "'order'", "plugins . b . enabled", "\ufeffstrict", "str\x00ict", "\ud800"]


def quoted(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\x1b", "\\u001b") + '"'


lines = st.one_of(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)).map(" = ".join),
    st.sampled_from(NAMES).map(lambda name: f"[plugins.{quoted(name)}]"),
    st.lists(st.sampled_from(NAMES)).map(lambda names: f"order = [{', '.join(map(quoted, names))}]"),
    st.sampled_from(["[plugins]", "[[plugins]]", "[plugins.a]", "[[a]]", "[", "]", "# note", "\t", "[a]\n[a]", "\r"]),
    st.text(max_size=20),
)


class TestAnyFile:
    """DESIGN: "Invalid settings are reported and ignored." Whatever is in the file, nothing is raised."""

    @given(st.lists(lines, max_size=8), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "1", "a", "a,b"]))
    @example(["'", "\r", "[plugins.a]"], "\r\n", "")
    @example(["a = '\x0c\u2028\x1c"], "\n", "")
    def test_is_understood_or_told(self, drawn, line_end, left_out):
        text = line_end.join(drawn)
        file = PluginsToml("plugins.toml", text.encode("utf-8", "surrogatepass"))
        policy = make_policy("APP", file, {"APP_NO_PLUGINS": left_out})
        for problem in policy.problems:
            assert isinstance(problem, ConfigurationError)
            assert problem.summary().isprintable() or "\u00a0" in text
            assert problem.line is None or 1 <= problem.line <= max(1, text.count("\n") + 1)
        if file.problem is not None:
            assert policy.problems
            assert (policy.order, policy.strict, policy.enabled_by_default) == ((), None, True)
        assert policy.why_disabled(Plugin("add", "add", source="built-in")) is None
        assert (policy.safe_mode is not None) == (left_out == "1")

    @given(st.binary(max_size=60))
    def test_of_any_bytes_is_understood_or_told(self, data):
        file = PluginsToml("plugins.toml", data)
        assert isinstance(file.lines, dict)
        assert len(make_policy("APP", file, {}).problems) < 60

    @given(st.dictionaries(st.sampled_from(NAMES), st.booleans()), st.lists(st.sampled_from(NAMES), unique=True))
    def test_without_mistakes_means_what_it_says(self, enabled, order):
        text = f"order = [{', '.join(map(quoted, order))}]\n"
        text += "".join(
            f"[plugins.{quoted(name)}]\nenabled = {str(is_on).lower()}\n" for name, is_on in enabled.items()
        )
        file = PluginsToml("plugins.toml", text.encode())
        policy = make_policy("APP", file, {})
        assert policy.problems == []
        assert policy.order == tuple(order)
        for number, (name, is_on) in enumerate(enabled.items()):
            assert (policy.why_disabled(Plugin(name, name)) is None) == is_on
            assert file.lines[("plugins", name)] == 2 + 2 * number
            assert file.lines[("plugins", name, "enabled")] == 3 + 2 * number


def large(size):
    deep = ".".join("a" for _ in range(size // 8))
    return {
        "unknown settings": "".join(f"k{number} = 1\n" for number in range(size // 10)),
        "unknown plugins in the order": f"order = [{', '.join(f'{number}' for number in range(size // 8))}]",
        "tables": "".join(f"[plugins.p{number}]\nx = 1\n" for number in range(size // 24)),
        "one list over many lines": "x = [\n" + "1,\n" * (size // 3) + "]\n",
        "one text over many lines": "x = '''\n" + "a\n" * (size // 2) + "'''\n",
        "brackets": "x = [" + "[]," * (size // 3) + "]",
        "a long name": f"[{deep}]\n" + "".join(f"k{number} = 1\n" for number in range(size // 20)),
        "a long name in a table": f"x = {{{deep} = 1}}",
        "a long name with quotes": f"[{deep.replace('a', chr(34) + 'a' + chr(34))}]\n" + "k = 1\n",
        "words": "a" * size,
        "quotes": '"' * size,
        "near misses": ("a." * 90 + "= 1\n") * (size // 184),
    }


@pytest.mark.parametrize("what", large(0))
def test_reading_takes_time_that_grows_with_the_size(what):
    def seconds(size):
        file = large(size)[what].encode()
        began = time.process_time()
        policy = make_policy("APP", PluginsToml("plugins.toml", file), {})
        for problem in policy.problems[:100]:
            problem.one_line()
        return time.process_time() - began

    seconds(1_000)
    small, four_times_as_large = min(seconds(5_000) for _ in range(3)), min(seconds(20_000) for _ in range(2))
    assert four_times_as_large < max(0.1, 9 * small)  # were it the square, it would be 16


def test_a_file_that_is_too_large_is_told_and_not_read(tmp_path):
    path = tmp_path / "plugins.toml"
    path.write_bytes(b"#" * 1_048_577)
    (problem,) = load_policy("APP", str(path), {}).problems
    assert "it is larger than 1,024 KiB" in str(problem)
    path.write_bytes(b"#" * 1_048_576)
    assert read_plugins_toml(str(path)).problem is None


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), ValueError("odd"), AssertionError(), KeyError("x")])
def test_whatever_the_reader_raises_is_told(monkeypatch, error):
    def fail(_):
        raise error

    monkeypatch.setattr("tomllib.loads", fail)
    file = PluginsToml("plugins.toml", b"strict = true\n")
    expected = "nested too deeply" if isinstance(error, RecursionError) else describe_exception(error)
    assert file.problem is not None
    assert expected in file.problem
    assert file.lines == {}
