"""The interfaces for plugins, one module for each version: `from utt.api import v1`."""
