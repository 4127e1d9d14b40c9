"""Formats Markdown with published plugins of mdformat, each in an environment of its own."""
