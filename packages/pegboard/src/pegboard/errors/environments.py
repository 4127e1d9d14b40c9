"""What can go wrong with the environment of an isolated plugin, and with what it contributes?"""

from __future__ import annotations

from pegboard.errors.base import PegboardError
from pegboard.errors.plugin import PluginError


class IsolationFailedError(PegboardError):
    """The environment of an isolated plugin cannot be made; the plugin is left out."""

    code = "isolation-failed"
    _what = "there is no environment for the plugins of {distribution}"
    _where = "{place}"
    _hint = "{advice}"
    distribution: str  #: The distribution, as the user names it.
    cause: str
    place: str = ""
    advice: str = ""
    printed: str = ""  #: What uv printed.


class IsolationRefusedError(IsolationFailedError):
    """What a plugin requires and what the application requires exclude one another, so that they share nothing."""

    code = "isolation-refused"
    _what = "{distribution} and {application} exclude one another, and the environment of a plugin has to hold both"
    application: str = ""  #: The distribution of the application, or of its API.


class NotIsolableError(PluginError, TypeError):
    """An isolated plugin contributes something that cannot be used from another process; it is left out."""

    code = "not-isolable"
    phase = "registration"
    _what = "{who} cannot be isolated: {contribution} cannot be used from another process"
    contribution: str  #: What it contributes, e.g. `exporters 'html'`.
    cause: str
    advice: str | None = None
