"""MkDocs with its plugins on Pegboard: `python -m mkdocs_on_pegboard` does what `mkdocs` does."""

from importlib import metadata

from mkdocs import plugins

from pegboard import Host

host = Host("mkdocs", namespace="", entry_points="", folder="")
classes = host.registry("plugins", entry_points="mkdocs.plugins", allow_override=True)  # of MkDocs' own plugins


class EntryPoint(metadata.EntryPoint):
    def load(self):
        return classes[self.name]


def find():
    return {name: EntryPoint(name, classes.describe(name)["value"], "mkdocs.plugins") for name in classes}


plugins.get_plugins = find

if __name__ == "__main__":
    from mkdocs.__main__ import cli

    cli(prog_name="mkdocs")
