"""A plugin in an environment and a process of its own: how do its contributions get into the application's process?

`process` is one such process, as the application sees it; `child` is what runs there.
"""
