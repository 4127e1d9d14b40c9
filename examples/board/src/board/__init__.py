"""A notice board; its pages are plugins."""
