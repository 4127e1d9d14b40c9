"""Moved."""
from pegboard.plugin import *  # noqa
from pegboard.plugin import ACTIVE,BROKEN,BUILT_IN,DISABLED,FOUND,PRIMED,QUARANTINED,Plugin,application  # noqa
