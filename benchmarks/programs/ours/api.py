"""What plugins may use."""

from benchhost.main import commands, host

register_command = commands.register
register_component = host.container.provide
