"""What could be installed: names and versions, from an index of our own, from folders and from files."""

from __future__ import annotations

import argparse
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from pegboard.errors import InstallRefusedError
from pegboard.tools.installing.catalogue import JSON, USUAL_INDEX, Catalogue, Offer, offers_in, plugins_among

PAGES = {
    "/simple/": {"projects": [{"name": "utt-balance"}, {"name": "UTT_Sum"}, {"name": "numpy"}]},
    "/simple/utt-sum/": {
        "files": [
            {"filename": "utt_sum-1.2-py3-none-any.whl"},
            {"filename": "utt_sum-1.10.tar.gz", "requires-python": ">=3.8"},
            {"filename": "utt_sum-1.11-py3-none-any.whl", "requires-python": ">=99"},
            {"filename": "utt_sum-2.0-py3-none-any.whl", "yanked": "broken"},
            {"filename": "utt_sum-3.0b1-py3-none-any.whl", "yanked": False},
        ]
    },
}


@contextmanager
def serving(answer):
    """Serve pages, as *answer* returns them with their type for a path, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.headers["Accept"] == JSON
            page, kind = answer(self.path)
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield "http://{}:{}/simple".format(*server.server_address)
        finally:
            server.shutdown()
            thread.join()


def in_json(path):
    return (json.dumps(PAGES[path]) if path in PAGES else None), JSON


def test_names_and_versions_come_from_an_index_that_answers_in_json():
    with serving(in_json) as index:
        catalogue = Catalogue(index)
        assert [offer.name for offer in catalogue.names()] == ["utt-balance", "utt-sum", "numpy"]
        assert catalogue.newest("utt_sum") == "1.10"  # neither yanked, nor for another Python, nor a pre-release
        assert catalogue.newest("utt-balance") is None
        assert catalogue.problems == []


@pytest.mark.parametrize(
    ("page", "kind", "problem"),
    [
        ("<a>utt-sum</a>", "text/html", "does not answer in JSON (PEP 691)"),
        ("[]", JSON, None),
        ("{}", JSON, "offers no list of names"),
        ("{", JSON, "cannot be asked"),
    ],
)
def test_an_index_that_offers_no_names_is_told_once(page, kind, problem):
    with serving(lambda _: (page, kind)) as index:
        catalogue = Catalogue(index)
        assert catalogue.names() == []
        catalogue.names()
    assert len(catalogue.problems) == (problem is not None)
    assert all(problem in told for told in catalogue.problems)


def test_an_index_that_cannot_be_reached_is_told(monkeypatch):
    with serving(in_json) as index:
        pass
    catalogue = Catalogue(index)
    assert catalogue.newest("utt-sum") is None
    assert catalogue.problems[0].startswith(f"{index} cannot be asked: ")


def test_folders_of_wheels_have_names_and_versions_too(tmp_path):
    for name in ("utt_sum-1.0-py3-none-any.whl", "utt_sum-0.9-py3-none-any.whl", "odd.whl"):
        (tmp_path / name).touch()
    catalogue = Catalogue(None, [str(tmp_path)])
    assert catalogue.names() == [Offer("utt-sum")]
    assert (catalogue.newest("utt-sum"), catalogue.newest("other")) == ("1.0", None)


def test_the_options_and_the_environment_say_which_index(monkeypatch):
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    options = argparse.Namespace(no_index=False, index_url=None, find_links=[])
    assert Catalogue.of(options).index == USUAL_INDEX
    monkeypatch.setenv("PIP_INDEX_URL", "https://mine/simple/")
    assert Catalogue.of(options).index == "https://mine/simple"
    options.no_index = True
    assert Catalogue.of(options).index is None


def test_a_file_says_which_plugins_there_are(tmp_path):
    file = tmp_path / "plugins.txt"
    file.write_text("# ours\nutt-sum  # sums\n\nutt-odd\n")
    assert offers_in(str(file)) == [Offer("utt-sum", "sums"), Offer("utt-odd")]
    file.write_text(json.dumps(["utt-sum", {"name": "acme", "summary": "for utt", "keywords": ["utt-plugin"]}]))
    assert offers_in(str(file)) == [Offer("utt-sum"), Offer("acme", "for utt", ("utt-plugin",))]
    for text in ('[{"title": "x"}]', "[1]", "["):
        file.write_text(text)
        with pytest.raises(InstallRefusedError):
            offers_in(str(file))


def test_plugins_are_told_by_their_names_or_keywords():
    offers = [Offer("numpy"), Offer("utt"), Offer("utterly"), Offer("utt-sum", "adds hours"), Offer("utt-csv")]
    offers.append(Offer("acme", "more hours", ("utt",)))

    def names(*words):
        return [offer.name for offer in plugins_among(offers, "utt", words)]

    assert names() == ["acme", "utt-csv", "utt-sum"]
    assert names("Hours") == ["acme", "utt-sum"]
    assert names("hours", "add") == ["utt-sum"]
