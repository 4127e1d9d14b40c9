"""Which plugins are there?"""

from pegboard.discovery.scan import Discovery, discover

__all__ = ["Discovery", "discover"]
