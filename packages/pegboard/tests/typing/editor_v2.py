"""The second version of the application's API."""

from __future__ import annotations

import editor
from editor import Document, Suggestion

saved = editor.document_saved.implement
suggest = editor.suggestions.implement
open_file = editor.open_file.implement
transform = editor.transform.implement
sent = editor.document_sent.implement
review = editor.reviews.implement
fetch = editor.fetch.implement
translate = editor.translate.implement

__all__ = [
    "Document",
    "Suggestion",
    "fetch",
    "open_file",
    "review",
    "saved",
    "sent",
    "suggest",
    "transform",
    "translate",
]
