"""Moved."""
from pegboard.namespace import *  # noqa
from pegboard.namespace import PLUGINS, PathEntryFinder, extend_namespace, importer  # noqa
