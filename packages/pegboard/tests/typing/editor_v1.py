"""The first version of the application's API, in which `document_saved` had one parameter."""

from __future__ import annotations

import editor
from editor import Document, Suggestion


@editor.document_saved.as_published
def saved(document: Document) -> None: ...


suggest = editor.suggestions.renamed_from("suggest")
closed = editor.host.hooks.ended("closed", since="2.0", instead="implement saved")

__all__ = ["Document", "Suggestion", "closed", "saved", "suggest"]
