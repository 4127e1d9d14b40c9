"""`utt add`: log what was just finished."""

from __future__ import annotations

import argparse

from utt.api import v1


class AddHandler:
    """Appends an entry to the log."""

    def __init__(self, args: argparse.Namespace, now: v1.Now, add_entry: v1.AddEntry) -> None:
        self._args = args
        self._now = now
        self._add_entry = add_entry

    def __call__(self) -> None:
        self._add_entry(v1.Entry(self._now, self._args.name, False, self._args.comment))


def add_args(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="what you have just finished; 'PROJECT: TASK' puts it under a project")
    parser.add_argument("-c", "--comment", help="a remark, which reports show with --comments")


v1.register_command(v1.Command("add", "Log what you have just finished", AddHandler, add_args))
