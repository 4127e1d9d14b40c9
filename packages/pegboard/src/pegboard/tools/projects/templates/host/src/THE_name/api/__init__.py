"""The interfaces for plugins, one module for each version."""
