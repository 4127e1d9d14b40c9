"""An application with hooks of every kind, as its author writes it; `editor_plugin.py` is a plugin of it."""

from __future__ import annotations

from pathlib import Path

from pegboard import Host

host = Host("editor")


class Document:
    title: str = ""


class Suggestion: ...


@host.hooks.notify
def document_saved(document: Document, by: str = "nobody") -> None:
    """A document was saved."""


@host.hooks.collect
def suggestions(document: Document) -> Suggestion:
    raise NotImplementedError


@host.hooks.first
def open_file(path: Path) -> Document:
    raise NotImplementedError


@host.hooks.chain
def transform(text: str, document: Document) -> str:
    raise NotImplementedError


@host.hooks.notify
async def document_sent(document: Document) -> None:
    """A document was sent."""


@host.hooks.collect
async def reviews(document: Document, *, limit: int = 3) -> Suggestion:
    raise NotImplementedError


@host.hooks.first
async def fetch(path: Path) -> Document:
    raise NotImplementedError


@host.hooks.chain
async def translate(text: str, document: Document) -> str:
    raise NotImplementedError
