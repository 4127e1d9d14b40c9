"""Checks the project or the wheel of a plugin before it is published: `pegboard check`.

In: folders and wheels. Out: findings, each with file, line and remedy, as text, JSON or SARIF.
"""
