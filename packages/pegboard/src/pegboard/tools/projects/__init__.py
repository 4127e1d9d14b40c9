"""Makes and checks projects: of plugins, and of applications that have plugins; `python -m pegboard` uses it.

In: a name and an application, or a folder. Out: files, or findings.
"""
