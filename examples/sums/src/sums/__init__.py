"""Calculates; plugins add commands."""
