"""The entry point of `utt` and `python -m utt`."""

from __future__ import annotations


def main() -> int:
    """Run utt with the arguments of the process and return its exit status."""
    try:
        import sys

        from utt.cli import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:  # while `utt.cli` was being imported
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
