"""Which plugins are there?"""

from pegboard.startup.discovery.scan import Discovery, discover

__all__ = ["Discovery", "discover"]
