"""What is the same for every error: its fields, and the text that is made of them."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import class_name, exit_code, is_a, repr_of, text_of
from pegboard.terminal import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import ClassVar, Final, dataclass_transform
else:  # importing `typing` costs about as much as starting the interpreter
    dataclass_transform = lambda **_: lambda kind: kind  # noqa: E731 -- nobody but a type checker asks for it

_MOST_CHARACTERS: Final = 4000
"""How long a message may be: metadata of a distribution, say, may hold anything."""


@dataclass_transform(eq_default=False)
class PegboardError(Exception):
    """Base of every error that pegboard raises on purpose."""

    code: str = "pegboard-error"
    """The heading of this error in `docs/reference/errors.md`."""
    is_of_one_start: ClassVar[bool] = False
    """Whether it is about what happened once, so that starts after this one need not repeat it."""
    is_quiet: ClassVar[bool] = False
    """Whether a host keeps it among its problems without telling the user at every start: it does no harm."""

    # said by the host that reports it
    is_for_author: bool = False
    """Whether its reader is the plugin's author: in strict mode, or of a plugin that is installed from its source."""
    offers: Mapping[str, str] = {}
    """What the application's API offers to authors, see `Host`: nothing else is advised."""
    commands: str = ""
    """What users type for the `plugins` commands; empty if that is not known."""

    # what an error without such a field has
    cause: str = ""
    place: str | None = None
    advice: str | None = None

    _said: tuple[str, str] | None = None
    _what: ClassVar[str] = ""
    _because: ClassVar[str] = "{cause}"
    _where: ClassVar[str] = "{place}"
    _hint: ClassVar[str] = "{advice}"
    _fields: ClassVar[tuple[str, ...]] = ()
    _required: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__init__" not in vars(cls):
            own = [name for name, kind in cls.__annotations__.items() if "ClassVar" not in str(kind)]
            cls._fields = (*cls._fields, *own)
            cls._required |= {name for name in own if name not in vars(cls)}

    def __init__(self, *values: object, **named: object) -> None:
        if not self._fields:
            super().__init__(*values)
            return
        given = dict(zip(self._fields, values, strict=False)) | named
        if len(given) != len(values) + len(named) or not self._required <= given.keys() <= set(self._fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self._fields)}")
        for name in self._fields:
            setattr(self, name, given.get(name, getattr(type(self), name, None)))
        self.args = tuple([getattr(self, name) for name in self._fields])

    def what(self) -> str:
        """Return what happened, in one line, without a full stop."""
        return self._filled(self._what) or ", ".join(map(str, self.args))

    def because(self) -> str | None:
        """Return the cause in one line, or None when *what* says it all."""
        return self._filled(self._because)

    def where(self) -> str | None:
        """Return the file, entry point or setting that is concerned, or None."""
        return self._filled(self._where)

    def hint(self) -> str | None:
        """Return what the reader can do about it, or None."""
        return self._filled(self._hint)

    def advice_for_reader(self) -> str | None:
        """Return the hint in words for whoever reads it, the plugin's user or its author."""
        hint = self.hint()
        if not self.is_for_author or not hint:
            return hint
        from pegboard.errors.readers import for_author

        return for_author(hint)

    def __str__(self) -> str:
        answers = (("cause", self.because()), ("where", self.where()), ("hint", self.advice_for_reader()))
        text = "\n".join([self.what(), *(f"  {label}: {text}" for label, text in answers if text)])
        return visible(shortened(text, _MOST_CHARACTERS), keeping="\n")

    def render(self, severity: str = "error") -> str:
        """Return the whole message as it is shown to a person: `error[code]: what`, cause, where, hint."""
        return f"{severity}[{self.code}]: {self}"

    def summary(self) -> str:
        """Return the message in one line: what and cause, as it can be shown on a terminal."""
        cause = self.because()
        text = f"{self.what()}: {cause}" if cause else self.what()
        return visible(shortened(text, _MOST_CHARACTERS))

    def as_cause(self) -> str:
        """Return the message as the cause of another error, in one line."""
        return self.summary()

    def one_line(self) -> str:
        """Return the message in one line as a start prints it: `warning[code]: what: cause (hint: ...)`."""
        hint = visible(shortened(self.advice_for_reader() or "", _MOST_CHARACTERS))
        return f"warning[{self.code}]: {self.summary()}" + (f" (hint: {hint})" if hint else "")

    def is_among(self, others: Iterable[PegboardError]) -> bool:
        """Return whether one of *others* says the same."""
        return any(other.said == self.said for other in others)

    @property
    def said(self) -> tuple[str, str]:
        """Code and message, as they were when first asked for: a thousand problems are compared with one another."""
        if self._said is None:
            self._said = self.code, self.summary()
        return self._said

    def _filled(self, template: str) -> str | None:
        return template.format_map(_Values(self)) or None


class _Values:
    """The values for a template: an error's attributes, and what its methods return."""

    def __init__(self, error: PegboardError) -> None:
        self._error = error

    def __getitem__(self, name: str) -> object:
        value = getattr(self._error, name)
        return value() if callable(value) else "" if value is None else value


class UnusableIndexError(Exception):
    """An index that cannot be used, and why, in words; a start then goes on as if there were none."""


def describe_exception(error: BaseException) -> str:
    """Return *error* as one line, `Type: message`, the way a traceback ends; a message without end is shortened."""
    if is_a(error, PegboardError):
        try:
            return error.as_cause()
        except BaseException as failure:  # of a class that a plugin has derived
            del failure
    if is_a(error, SystemExit):
        code = exit_code(error)
        return f"it called sys.exit({'' if code is None else repr_of(code)})"
    text = " ".join(text_of(error, "(its message cannot be shown)").split())
    if is_a(error, NameError, AttributeError, ImportError):
        from pegboard.errors.suggestion import suggestion

        text += suggestion(error)
    return f"{class_name(error)}: {text}" if text else class_name(error)


_MOST_NAMES = 20
"""How many names a hint lists."""


def nearest(name: str, known: tuple[str, ...], kind: str) -> str:
    """Return a hint for who misspelt *name*: the nearest of the *known* names, or all of them."""
    from difflib import get_close_matches  # 21 modules, only paid on failure

    if near := get_close_matches(name, known, n=1):
        return f"did you mean {near[0]!r}?"
    shown = sorted(known)[:_MOST_NAMES]
    more = f", and {len(known) - len(shown)} more" if len(shown) < len(known) else ""
    return f"known {kind}: {', '.join(shown) or 'none'}{more}"


def plugin_of(plugin: str, distribution: str) -> str:
    """Return e.g. `plugin 'csv' of acme-csv 1.2.0`; *distribution* is empty when none owns the plugin."""
    return f"plugin {plugin!r} of {distribution}" if distribution else f"plugin {plugin!r}"
