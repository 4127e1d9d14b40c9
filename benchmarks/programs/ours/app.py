"""The application as its author writes it: a host and what plugins may add to."""

from pegboard import Host

host = Host("benchhost")
commands = host.registry("commands")
