"""What plugins may use."""

from benchhost.app import commands, host

register_command = commands.register
register_component = host.container.provide
