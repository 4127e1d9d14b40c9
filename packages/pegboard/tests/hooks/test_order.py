"""In which order are implementations called?"""

import itertools
import random

import pytest

from pegboard.hooks.order import in_order, unmet
from pegboard.ledger import Contribution, Plugin


def contributions(*wishes):
    """Return one contribution for each plugin `a`, `b`, ... with its wishes."""
    found = []
    for name, metadata in zip("abcdefgh", wishes, strict=False):
        found.append(Contribution(Plugin(name, f"app.plugins.{name}"), "hook h", name, None, metadata=metadata))
    return found


def names(found):
    return "".join(each.owner.name for each in found)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ([{}, {}, {}], "abc"),
        ([{"order": "late"}, {}, {"order": "early"}], "cba"),
        ([{"after": ["c"]}, {}, {}], "bca"),
        ([{}, {}, {"before": ["a"]}], "bca"),
        ([{"after": ["nobody"]}, {}, {}], "abc"),
        ([{"after": ["b"]}, {"after": ["c"]}, {"after": ["a"]}], "cba"),  # the last wish of the circle is left out
        ([{"order": "early", "after": ["b"]}, {}, {}], "abc"),  # a word beats a wish
        ([{"after": ["a"]}, {}], "ab"),  # nobody comes after itself
        ([{"order": "sometime"}, {"order": 3}], "ab"),
    ],
)
def test_words_first_then_wishes_then_the_order_of_plugins(wishes, expected):
    assert names(in_order(contributions(*wishes))) == expected


def test_wishes_that_are_not_met_are_told():
    found = contributions({"after": ["b", "zip"], "order": "early"}, {}, {"before": ["a"]})
    assert [(each.owner.name, wish) for each, wish in unmet(found)] == [
        ("a", "after 'b', which comes later"),
        ("a", "after 'zip', which does not implement the hook"),
        ("c", "before 'a', which comes earlier"),
    ]


def test_the_order_is_total_and_keeps_wishes_that_can_be_kept(request):
    chance = random.Random(request.config.getoption("--seed", default=0))
    for _ in range(200):
        plugins = "abcdef"
        wishes = [
            {
                "order": chance.choice(["early", "normal", "late"]),
                "after": chance.sample(plugins, chance.choice([0, 0, 1])),
                "before": chance.sample(plugins, chance.choice([0, 0, 1])),
            }
            for _ in plugins
        ]
        found = contributions(*wishes)
        ordered = in_order(found)
        assert sorted(names(ordered)) == list(plugins)
        words = [str(each.metadata["order"]) for each in ordered]
        assert words == sorted(words, key=["early", "normal", "late"].index)
        kept = [each for each in found if not any(one is each for one, _ in unmet(found))]
        for one, other in itertools.permutations(kept, 2):
            if other.owner.name in one.metadata["after"] and one.metadata["order"] == other.metadata["order"]:
                assert ordered.index(other) < ordered.index(one)


@pytest.mark.slow
def test_the_order_is_that_of_the_record_asleep_and_awake(hooked):
    hooked.plugin("a", "@api.suggestions.ordered('late')\ndef its(document): return 'a'")
    hooked.plugin("b", "@api.suggestions\ndef its(document): return 'b'")
    hooked.plugin("c", "@api.suggestions.ordered(before=['b'])\ndef its(document): return 'c'")
    hooked.plugin("d", "@api.suggestions.ordered('early')\ndef its(document): return 'd'")
    hooked.record()
    hooks = hooked.start()
    assert hooks["suggestions"]("x") == ["d", "c", "b", "a"]
    assert hooks["suggestions"]("x") == ["d", "c", "b", "a"]


def test_an_order_that_is_none_is_refused_with_the_nearest(hooked):
    hooked.plugin("a", "@api.suggestions.ordered('erly')\ndef its(document): return 'a'")
    hooked.plugin("b", "@api.suggestions.ordered(after='git')\ndef its(document): return 'b'")
    assert hooked.start()["suggestions"]("x") == []
    assert "'erly' is no order" in hooked.told()[0]
    assert "did you mean 'early'?" in hooked.reports[0].hint()
    assert "'git' is no list of names of plugins" in hooked.told()[1]


def test_names_of_a_wish_may_be_read_once(hooked):
    hooked.plugin("a", "@api.suggestions.ordered(after=(name for name in 'b'))\ndef its(document): return 'a'")
    hooked.plugin("b", "@api.suggestions\ndef its(document): return 'b'")
    assert hooked.start()["suggestions"]("x") == ["b", "a"]
