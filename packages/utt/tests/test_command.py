from __future__ import annotations

import copy
import dataclasses

import pytest

from utt.command import Command


def no_args(parser):
    del parser


def test_a_command_is_a_dataclass_to_everyone_who_asks():
    command = Command("a", "b", dict, no_args)

    assert dataclasses.is_dataclass(Command)
    assert [field.name for field in dataclasses.fields(Command)] == ["name", "description", "handler_class", "add_args"]
    assert dataclasses.replace(command, name="z") == Command("z", "b", dict, no_args)
    assert dataclasses.astuple(command) == ("a", "b", dict, no_args)


def test_commands_compare_by_value_and_can_change():
    command = Command("a", "b", dict, no_args)

    assert command == Command("a", "b", dict, no_args)
    assert command == copy.copy(command)
    assert command != "a"
    command.name = "c"
    assert command != Command("a", "b", dict, no_args)
    with pytest.raises(TypeError, match="unhashable"):
        hash(command)


def test_a_command_shows_its_fields():
    assert repr(Command("a", "b", dict, dict)) == (
        "Command(name='a', description='b', handler_class=<class 'dict'>, add_args=<class 'dict'>)"
    )


def test_commands_can_be_extended_as_dataclasses_are():
    @dataclasses.dataclass
    class Titled(Command):
        title: str = ""

    assert Titled("a", "b", dict, no_args, "T").title == "T"
