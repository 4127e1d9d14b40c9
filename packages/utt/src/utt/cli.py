"""The command line: runs a command, and turns every error into one line and an exit status."""

from __future__ import annotations

import os
import sys

from utt.exceptions import UttError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

DONE = 0
FAILED = 1
INTERRUPTED = 130  # the status that shells use for a program that Ctrl-C ended
MANAGEMENT = "plugins"  # not a command of the parser: it works when plugins do not, and is in no usage line
_COROUTINE = 0x80  # in `co_flags`
_LINE_BREAK = "\n"
TRACEBACK_VARIABLE = "UTT_TRACEBACK"


def run(arguments: Sequence[str]) -> int:
    """Run the command that *arguments* name and return the exit status.

    Raises:
        SystemExit: For help, version, completion and wrong usage, and by commands that exit themselves.
    """
    try:
        try:
            _run_command(arguments)
        except UttError:
            _flush_what_can_be()  # what is wrong is said already
            raise
        except BaseException:
            _flush()
            raise
        _flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()  # the reader has closed the pipe, as in `utt report | head`
        return FAILED
    except UttError as exc:
        return _fail(str(exc), exc.hint)
    except Exception as exc:
        return _report(exc)
    return DONE


def _run_command(arguments: Sequence[str]) -> None:
    from argparse import Namespace

    from pegboard.cli import take_no_plugins
    from utt.app import commands, host, tell
    from utt.components import CommandLine

    arguments = take_no_plugins(arguments, host)
    if MANAGEMENT in arguments and (words := _after_options(arguments))[:1] == [MANAGEMENT]:
        from pegboard.cli import manage

        def complete(words: Sequence[str], prefix: str) -> list[str]:
            from utt.parser import completions

            return completions(words, prefix, host, commands)

        raise SystemExit(manage(host, words[1:], prog=f"utt {MANAGEMENT}", complete=complete))
    host.container.provide_value(CommandLine, CommandLine(arguments))
    parsed = host.container.get(Namespace)
    if parsed.command is None:
        return
    tell("arguments_parsed", parsed)
    name = parsed.command
    handler_class = commands[name].handler_class

    def construct_and_call() -> None:
        container, result = host.container, None
        is_async = _is_async(handler_class)
        if not is_async:
            try:
                handler = container.build(handler_class)
            except Exception as exc:
                is_async = getattr(exc, "code", "") == "async-required"
                if not is_async:
                    raise
            else:
                result = handler()
        if is_async or hasattr(result, "__await__"):
            from utt.event_loop import run_in_loop

            run_in_loop(container, handler_class, result)
        else:
            container.close()  # components that are generators clean up

    host.run(
        commands.owner(name),
        f"running command {name!r}",
        construct_and_call,
        passing=(UttError, BrokenPipeError, SystemExit),
    )


def _is_async(handler_class: Any) -> bool:
    """Return whether the handler's `__call__`, or the function that makes the handler, is `async def`."""
    for function in (handler_class, getattr(handler_class, "__call__", None)):  # noqa: B004 -- that of its instances
        code = getattr(function, "__code__", None)
        if code is not None and code.co_flags & _COROUTINE:
            return True
    return False


def _after_options(arguments: Sequence[str]) -> list[str]:
    """Return *arguments* without the options before the command, which `plugins` does not use."""
    words = list(arguments)
    while words and words[0].partition("=")[0] in ("--data", "--now"):
        del words[: 1 if "=" in words[0] else 2]
    return words


def _report(exc: Exception) -> int:
    """Print an unexpected error in one line, or raise it if the user wants its traceback."""
    cause: BaseException | None = exc
    while cause is not None and not isinstance(cause, UttError):
        cause = cause.__cause__
    if cause is not None:  # a plugin or the container has wrapped it in another error
        return _fail(str(cause), cause.hint)
    if os.environ.get(TRACEBACK_VARIABLE):
        raise exc
    from pegboard import PegboardError

    unprintable = exc.__cause__ if isinstance(exc, PegboardError) else exc  # what a plugin prints is no fault of its
    if isinstance(unprintable, UnicodeEncodeError) and unprintable.encoding == getattr(sys.stdout, "encoding", ""):
        character = unprintable.object[unprintable.start : unprintable.start + 1]
        return _fail(
            f"cannot print {character!a} in the encoding {unprintable.encoding}; set PYTHONIOENCODING=utf-8, "
            "or use a UTF-8 locale",
        )
    if isinstance(exc, PegboardError):
        text = str(exc)
        if exc.code == "plugin-call-failed":  # its hint is the last line
            text += f"; {TRACEBACK_VARIABLE}=1 shows the traceback"
        return _fail(text)
    if isinstance(exc, OSError):
        _discard_output()  # standard output is most likely full or gone
        return _fail(str(exc))
    if "utt.app" in sys.modules:  # else no plugin has run yet
        from utt.app import host

        blamed = host.blame(exc, "it was used by a command of utt")
        if blamed is not None:
            return _fail(f"{blamed}; to go on without it: utt --no-plugins={blamed.plugin} …")
    return _fail(
        f"{type(exc).__name__}: {exc}", f"this is a fault of utt; {TRACEBACK_VARIABLE}=1 shows where it happened"
    )


def _fail(message: str, hint: str = "") -> int:
    from pegboard.terminal import tell, visible

    if hint:
        message += f"\n  hint: {hint}"
    tell(f"error: {visible(message, keeping=_LINE_BREAK)}\n")  # it may quote a line of the log, with anything in it
    return FAILED


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _flush_what_can_be() -> None:
    try:
        _flush()
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Discard buffered output, so that the interpreter reports no error when it flushes the buffer at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return  # not a real file: no error will be reported
