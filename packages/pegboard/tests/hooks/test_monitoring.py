"""Who is told of answers, and how does a test answer itself?"""

import pytest


def test_a_monitor_is_told_who_answered_what_and_in_how_long(hooked):
    hooked.plugin("a", "@api.suggestions\ndef its(document): return document")
    hooked.plugin("b", "@api.suggestions\ndef fails(document): raise ValueError('no')")
    hooks = hooked.start()
    found = []
    with hooks.monitor(found.append):
        assert hooks["suggestions"]("d") == ["d"]
    hooks["suggestions"]("d")
    assert [(each.hook.name, each.plugin.name, each.name.rpartition(":")[2], each.result) for each in found] == [
        ("suggestions", "a", "its", "d"),
        ("suggestions", "b", "fails", None),
    ]
    assert [type(each.error) for each in found] == [type(None), ValueError]
    assert all(each.seconds >= 0 for each in found)
    assert repr(found[0]).startswith("<answer of plugin 'a' to the hook 'suggestions': ")


def test_what_a_monitor_raises_passes(hooked):
    hooked.plugin("a", "@api.suggestions\ndef its(document): return document")
    hooks = hooked.start()

    def fails(answer):
        raise LookupError(answer.name)

    with hooks.monitor(fails), pytest.raises(LookupError):
        hooks["suggestions"]("d")
    assert hooks["suggestions"]("d") == ["d"]
    assert hooked.reports == []


def test_a_test_may_answer_itself(hooked):
    hooked.plugin("a", "@api.suggestions\ndef its(document): return document")
    hooks = hooked.start()
    with hooks["suggestions"].override(lambda document: "test"):
        assert hooks["suggestions"]("d") == ["test"]
        with hooks["suggestions"].override(lambda: "inner"):
            assert hooks["suggestions"]("d") == ["inner"]
        assert hooks["suggestions"]("d") == ["test"]
    assert hooks["suggestions"]("d") == ["d"]
