"""`python -m pegboard` and the program `pegboard`: make and check plugins, and applications that have plugins."""

from pegboard.tools.projects.command import main

if __name__ == "__main__":
    raise SystemExit(main())
