"""Exports notes; each format is a plugin."""
