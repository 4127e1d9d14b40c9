"""flake8 with its plugins on Pegboard: `python -m flake8_on_pegboard` does what `flake8` does."""

from importlib import metadata

from flake8.plugins import finder

from pegboard import Host

host = Host("flake8", namespace="", entry_points="", folder="")
registries = {group: host.registry(group, entry_points=group) for group in finder.FLAKE8_GROUPS}


class EntryPoint(metadata.EntryPoint):
    def load(self):
        return registries[self.group][self.name]


def find():
    for group, objects in registries.items():
        for name in objects:
            point, by = EntryPoint(name, objects.describe(name)["value"], group), objects.owner(name).distribution
            yield from finder._flake8_plugins([point], by.name, by.version)


finder._find_importlib_plugins = find

if __name__ == "__main__":
    from flake8.main.cli import main

    raise SystemExit(main())
