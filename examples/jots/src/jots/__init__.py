"""Keeps jots in a file; plugins add commands."""
