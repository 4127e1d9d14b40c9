"""Settings of the documentation; `make docs` builds it, any warning is an error."""

import importlib.metadata
import re
import typing

import pegboard.registry

# autodoc shall show what type checkers see; at run time pegboard does not import `typing`.
pegboard.registry.T = typing.TypeVar("T")

project = "Pegboard"
author = "The Pegboard authors"
project_copyright = author
release = version = importlib.metadata.version("pegboard")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
nitpicky = False  # names in annotations are those of source files: most have no page of their own

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = ["Source"]  # the origin of a rule

html_theme = "furo"
html_title = "Pegboard"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "monokai"


def _as_in_the_source(_app, what, _name, _object, _options, lines):  # noqa: ANN001, ANN202
    """Convert a docstring to reStructuredText: `code` becomes code, and an indented block a literal block."""
    shown = []
    for line in lines:
        if what == "module" and line.startswith("    ") and len(shown) > 1:
            if not shown[-1] and not shown[-2].startswith("    "):
                shown += ["::", ""]
            shown.append(line)
        else:
            shown.append(re.sub(r"(?<![`:])`([^`]+)`(?!`)", r"``\1``", line))
    if what in _NO_SECTIONS and shown:
        shown[0] = shown[0].replace(":", _COLON)
    lines[:] = shown


def _colons_again(_app, what, _name, _object, _options, lines):  # noqa: ANN001, ANN202
    if what in _NO_SECTIONS:
        lines[:] = [line.replace(_COLON, ":") for line in lines]


_NO_SECTIONS = ("attribute", "data", "property")
_COLON = "\ufdd0"  # occurs in no text; here napoleon takes text before a colon for a type


def setup(app):  # noqa: ANN001, ANN201
    """Register both functions: one runs before napoleon, the other after it."""
    app.connect("autodoc-process-docstring", _as_in_the_source, priority=400)
    app.connect("autodoc-process-docstring", _colons_again, priority=600)
