"""The fingerprint of all plugins, and how two of them differ."""

from __future__ import annotations

import pickle

import pytest

from pegboard.errors import HostError, PluginMismatchError
from pegboard.ledger import Distribution
from pegboard.references.entry import Entry, difference, is_accepted
from pegboard.references.fingerprint import Fingerprint


def fingerprint(*plugins):
    return Fingerprint("app", tuple(Entry(*about).as_tuple() for about in plugins))


@pytest.fixture
def started(live_application):
    live_application.plugin("mine", "api.register('mine', str)")
    live_application.distribution(
        "acme-html", {"app/plugins/html.py": "", "acme_html/__init__.py": "", "acme_html/style.css": ""}
    )
    live_application.start()
    return live_application


def test_it_lists_distributions_and_versions_and_hashes_what_no_installer_knows(started):
    print_ = started.host.fingerprint()
    html, mine = print_.plugins
    assert html[:4] == ("html", "acme-html", "1.0", "")
    assert (mine[:3], len(mine[3])) == (("mine", "", ""), 32)
    assert str(print_).splitlines() == [
        f"app: 2 plugins, fingerprint {print_.digest}",
        "  html: acme-html 1.0",
        f"  mine: no distribution, files {mine[3][:8]}",
    ]
    assert repr(print_) == f"<fingerprint of 2 plugins of 'app': {print_.digest}>"
    assert pickle.loads(pickle.dumps(print_)) == print_ == started.host.fingerprint()
    assert len({print_, pickle.loads(pickle.dumps(print_))}) == 1


def test_it_has_every_file_if_that_is_asked_for(started):
    before = started.host.fingerprint(files=True)
    assert list(before.files["html"]) == ["app/plugins/html.py", "acme_html/__init__.py", "acme_html/style.css"]
    assert all(len(hash_) == 64 for files in before.files.values() for hash_ in files.values())
    started.tree.write("acme_html/style.css", "b { }")
    after = started.host.fingerprint(files=True)
    assert [str(each) for each in before.difference(after)] == [
        "plugin 'html' of acme-html 1.0: its files differ here: acme_html/style.css"
    ]
    assert started.host.fingerprint() == before  # its version says nothing of that


def test_a_plugin_in_the_folder_that_is_edited_differs(started):
    before = started.host.fingerprint()
    started.host.start()
    started.plugin("mine", "api.register('mine', str)  # edited")
    found = before.difference(started.host.fingerprint())
    assert [each.kind for each in found] == ["edited"]  # this process has imported it
    started.host.reload("mine")
    assert [str(each) for each in before.difference(started.host.fingerprint())] == [
        "plugin 'mine': its files differ here"
    ]


def test_a_plugin_of_a_source_tree_is_told_by_its_files_and_those_of_its_helper_package(started):
    plugin = started.host.plugin("mine")
    plugin.distribution = Distribution("acme-mine", "1.0")  # its metadata is elsewhere, as with an editable install
    helper = started.tree.write("acme_mine/__init__.py", "x = 1")
    started.tree.write("acme_mine/__pycache__/x.py")
    started.tree.write("acme_mine/.hidden.py")
    before = started.host.fingerprint(files=True)
    assert set(before.files["mine"]) == {"app/plugins/mine.py", "acme_mine/__init__.py"}
    helper.write_text("x = 2")
    assert [each.kind for each in before.difference(started.host.fingerprint(files=True))] == ["other files"]


@pytest.mark.parametrize(
    ("here", "kind", "text"),
    [
        (("a", "acme-a", "1.0"), None, ""),
        (("a", "acme-a", "1"), None, ""),
        (("a", "acme-a", "1.1"), "newer", "a newer version is here, 1.1, not 1.0"),
        (("a", "acme-a", "0.9"), "older", "an older version is here, 0.9, not 1.0"),
        (("a", "acme-a", "odd"), "other version", "another version is here, odd, not 1.0"),
        (("a", "zeta-a", "1.0"), "other distribution", "it is of zeta-a 1.0 here, not of acme-a 1.0"),
        (("a",), "other distribution", "it is of no distribution here, not of acme-a 1.0"),
        (("a", "acme-a", "1.0", "9"), "other files", "its files differ here"),
    ],
)
def test_a_difference_says_what_is_here(here, kind, text):
    found = difference(Entry("a", "acme-a", "1.0"), Entry(*here))
    assert (found and found.kind) == kind
    assert str(found or "") == (f"plugin 'a' of acme-a 1.0: {text}" if kind else "")
    if found is not None:
        assert [is_accepted(policy, found) for policy in ("exact", "at-least", "warn")] == [
            False,
            kind in ("newer", "other files"),
            True,
        ]


def test_plugins_that_only_one_process_has_differ():
    one, other = fingerprint(("a",), ("b", "acme-b", "1")), fingerprint(("a",), ("c", "acme-c", "2"))
    found = one.difference(other)
    assert [str(each) for each in found] == [
        "plugin 'b' of acme-b 1: it is missing here",
        "plugin 'c' of acme-c 2: it is here besides, as acme-c 2",
    ]
    assert (one == other, one == fingerprint(("a",), ("b", "acme-b", "1")), one != other) == (False, True, True)
    assert not one.difference(one)
    assert [each.advice("app", "app plugins", "APP") for each in found] == [
        "run `app plugins install 'acme-b==1'`",
        "run `app plugins disable c`, or install it in the other environment, too",
    ]
    assert [each.advice("app", "", "APP") for each in found] == [
        "run `python -m pip install 'acme-b==1'`",
        "leave it out with APP_NO_PLUGINS=c, or install it in the other environment, too",
    ]


def test_a_worker_checks_all_plugins_at_once(started):
    here = started.host.fingerprint()
    here.check(started.host)
    more = Fingerprint(
        "app", (*here.plugins, Entry("pdf", "acme-pdf", "2").as_tuple(), Entry("old", "acme-old", "1").as_tuple())
    )
    with pytest.raises(ExceptionGroup) as several:
        more.check(started.host)
    assert [problem.plugin for problem in several.value.exceptions] == ["pdf", "old"]
    fewer = Fingerprint("app", here.plugins[:1])
    with pytest.raises(PluginMismatchError, match="the plugins of 'app' cannot be used in this process"):
        fewer.check(started.host)
    fewer.check(started.host, "at-least")
    more.check(started.host, "warn")
    assert [problem.plugin for problem in started.host.problems] == ["pdf", "old"]
    with pytest.raises(HostError, match="there is no policy"):
        here.check(started.host, "any")
