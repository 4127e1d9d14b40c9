"""Exports many notes in every format that a plugin knows."""
