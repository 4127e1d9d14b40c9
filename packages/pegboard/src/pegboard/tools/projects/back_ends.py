"""What a build back end has to be told, so that it packages a plugin right.

Source:
    hatchling, "Build configuration" and "Wheel builder"; setuptools, "Package Discovery and Namespace Packages"; uv,
    "The uv build backend", "Namespace packages". Built with hatchling 1.33, setuptools 84, uv_build 0.13.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BackEnd:
    """A build back end; `THE_root` in the texts is the topmost folder below `src`."""

    requires: str
    """The requirement for the build."""
    module: str
    """What `build-backend` names."""
    package: str
    """Its settings for a package with a name of its own."""
    namespace: str
    """Its settings for a module in the application's namespace, without any `__init__` file."""

    @property
    def system(self) -> str:
        """Return the table `build-system`."""
        return f'[build-system]\nrequires = ["{self.requires}"]\nbuild-backend = "{self.module}"'


_HATCHLING = (
    '[tool.hatch.build]\ndev-mode-dirs = ["src"]\n\n[tool.hatch.build.targets.wheel]\npackages = ["src/THE_root"]'
)
_SETUPTOOLS = (
    '[tool.setuptools.packages.find]\nwhere = ["src"]\n\n[tool.setuptools.package-data]\n"*" = ["py.typed", "*.py"]'
)
_UV_BUILD = '[tool.uv.build-backend]\nmodule-name = "THE_root"'

BACK_ENDS = {
    "hatchling": BackEnd("hatchling>=1.27", "hatchling.build", _HATCHLING, _HATCHLING),
    "setuptools": BackEnd("setuptools>=77", "setuptools.build_meta", _SETUPTOOLS, _SETUPTOOLS),
    "uv_build": BackEnd("uv_build>=0.9,<1", "uv_build", _UV_BUILD, f"{_UV_BUILD}\nnamespace = true"),
}
