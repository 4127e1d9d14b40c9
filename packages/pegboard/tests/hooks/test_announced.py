"""Who is told of what was announced, and when?"""

import pytest


@pytest.mark.slow
def test_a_plugin_that_comes_later_is_told_and_nobody_is_imported_for_it(hooked):
    hooked.plugin(
        "a", "@api.opened\ndef told(window): api.log.append(window)\n@api.suggestions\ndef f(document): return 1"
    )
    hooked.record()
    hooks = hooked.start()
    hooks["opened"]("first")
    hooks["opened"](window="second")
    assert (hooked.states(), hooked.log) == ({"a": "primed"}, [])
    assert hooks["suggestions"]("d") == [1]
    assert hooked.log == ["first", "second"]
    hooks["opened"]("third")
    assert hooked.log == ["first", "second", "third"]


def test_a_plugin_that_is_there_is_told_at_once_and_once(hooked):
    hooked.plugin("a", "@api.opened\ndef told(window): api.log.append(window)")
    hooks = hooked.start()
    hooked.host.start()
    hooks["opened"]("first")
    assert hooked.log == ["first"]


def test_a_plugin_that_is_enabled_or_reloaded_is_told_of_all(hooked):
    hooked.plugin("a", "@api.opened\ndef told(window): api.log.append(window)")
    hooks = hooked.start()
    hooks["opened"]("first")
    hooked.host.disable("a")
    hooks["opened"]("second")
    assert hooked.log == ["first"]
    hooked.host.enable("a")
    assert hooked.log == ["first", "first", "second"]
    hooked.host.reload("a")
    assert hooked.log == ["first", "first", "second", "first", "second"]


def test_what_is_implemented_late_is_told_at_once(hooked):
    hooks = hooked.start()
    hooks["opened"]("first")
    hooks["opened"].implement(hooked.log.append)
    assert hooked.log == ["first"]
    hooks["opened"]("second")
    assert hooked.log == ["first", "second"]


def test_a_fault_names_the_plugin_and_the_others_are_told(hooked):
    hooked.plugin("a", "@api.opened\ndef told(window): raise ValueError('no')")
    hooked.plugin("b", "@api.opened\ndef told(window): api.log.append(window)")
    hooks = hooked.start()
    hooks["opened"]("first")
    hooks["opened"]("second")
    assert hooked.log == ["first", "second"]
    assert [report.plugin for report in hooked.reports] == ["a"]
