"""Reloading: how are plugins disabled, enabled, reloaded and found again while the application runs?

In: the name of a plugin, and what is loaded in this process. Out: changed plugins, and what went wrong meanwhile.
A start imports nothing of this folder.
"""
