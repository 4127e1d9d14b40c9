"""Installing: how are distributions of plugins installed, removed and restored in any kind of environment?

In: requirements or names, and the program that made the environment: uv, pip, pipx or `uv tool`. Out: a changed
environment, or the one from before; if neither, a change log by which it is restored.
"""
