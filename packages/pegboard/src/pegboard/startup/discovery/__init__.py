"""Which plugins are there?

The application's name and the user's plugin folder come in; all else is read from `sys.path` and import hooks.
A `Discovery` goes out: a `Candidate` for each plugin, the search path that they need, and what is wrong.
"""

from pegboard.startup.discovery.scan import Discovery, discover

__all__ = ["Discovery", "discover"]
