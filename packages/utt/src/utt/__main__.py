"""Where the program starts, as `utt` or as `python -m utt`."""

from __future__ import annotations


def main() -> int:
    """Run utt with the words of the command line and return its exit status."""
    try:
        import sys

        from utt.cli.main import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:  # before anything could be done about it properly
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
