"""The application whose calls are timed: registries of 200 commands and 500 topics, and a container of 40 components."""

from pegboard import Host

host = Host("benchhost")
commands = host.registry("commands")
topics = host.registry("topics")
