"""What plugins may use."""

from benchhost.main import commands, host, topics

register_command = commands.register
register_topic = topics.register
register_component = host.container.provide
