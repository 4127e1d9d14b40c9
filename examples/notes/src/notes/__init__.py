"""Exports notes, in any format that a plugin knows."""
