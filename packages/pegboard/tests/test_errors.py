"""A table with one instance of each error; the page `docs/reference/errors.md` is the snapshot of their texts."""

import copy
import pickle
import re
from pathlib import Path

import pytest

import pegboard.errors
from pegboard.errors import (
    AdapterFailedError,
    AnnotationError,
    AsyncRequiredError,
    CallDeadlineError,
    CannotTravelError,
    CircularDependencyError,
    ComponentMismatchError,
    ConfigurationError,
    ConfinementError,
    ContainerError,
    ContributionMismatchError,
    ContributionNotFoundError,
    DuplicatePluginError,
    EntryPointError,
    HookDeprecatedError,
    HookNotFoundError,
    HostAddressError,
    HostError,
    ImplementationError,
    InstallFailedError,
    InstallRefusedError,
    InvalidNameError,
    IsolationError,
    IsolationFailedError,
    IsolationRefusedError,
    JournalError,
    MetadataError,
    MetadataMismatchError,
    MissingDependencyError,
    NameClashError,
    NamespaceModuleError,
    NotIsolableError,
    OrderError,
    PeerGoneError,
    PegboardError,
    PluginCallError,
    PluginCleanUpError,
    PluginCrashedError,
    PluginError,
    PluginFolderError,
    PluginGoneError,
    PluginHangsError,
    PluginImportError,
    PluginMismatchError,
    PluginNotFoundError,
    PluginNotImportableError,
    PluginProcessDiedError,
    PluginProcessError,
    PluginQuarantinedError,
    PluginSlowError,
    PluginStillRunningError,
    PluginWithdrewError,
    ProviderError,
    RecordedProblem,
    RemoteError,
    RequiredPluginError,
    SafeModeError,
    SameModuleError,
    ScopeError,
    SecondHostError,
    SettingsError,
    SharedFileError,
    StaleMetadataError,
    StartTooEarlyError,
    StrayPackageFileError,
    UnusableReferenceError,
    UnusedObjectError,
    WireBrokenError,
    describe_exception,
)

SITE = "/venv/lib/python3.11/site-packages"

VIEW = ("View", "view", "notes.plugins.csv:CsvView", "plugin 'csv' of acme-csv 1.2.0")
"""One link of a chain: key, parameter, what makes it, who provides it."""

CSV = "plugin 'csv' of acme-csv 1.2.0"

INSTANCES = [
    PegboardError("something went wrong"),
    # configuration and the host
    ConfigurationError(
        "/home/ada/.config/notes/plugins.toml", "there is no setting 'enable'; known are strict, enabled", 3
    ),
    InstallRefusedError(
        "it would change what the application or another plugin uses: markupsafe 2.1 -> 3.0",
        "",
        "ask for another version of the plugin, or say --allow-changes",
    ),
    InstallFailedError("uv", "acme-cvs was not found in the package registry", "did you mean 'acme-csv'?"),
    IsolationFailedError(
        "acme-pdf",
        "the package index cannot be reached: https://pypi.org/simple/acme-pdf/",
        "/home/ada/.config/notes/pylock.acme-pdf.toml",
        "when that is mended, `notes plugins isolate acme-pdf` makes it",
    ),
    IsolationRefusedError(
        "acme-pdf",
        "Because notes==1.2 depends on pydantic<2 and you require notes==1.2, we can conclude that notes==1.2 and "
        "pydantic>=2 are incompatible",
        "/home/ada/.config/notes/pylock.acme-pdf.toml",
        'share its API alone, as a distribution that needs little: see "Plugins that conflict" in the documentation',
        "",
        "notes",
    ),
    NotIsolableError(
        "pdf",
        "acme-pdf 2.0",
        "commands 'pdf'",
        "the application does not declare the registry 'commands' isolable",
        "ask the application's author, or install acme-pdf beside it",
    ),
    SettingsError(
        "/home/ada/.config/notes/plugins.toml",
        "Invalid value (at line 3, column 10)",
        "mend it in an editor; no command writes to it before",
        3,
    ),
    HostError("the plugins have been found already", "call leave_out() before the host is first used"),
    HostAddressError(
        "there is no host at 'notes.app:host'",
        "install the application in this process's environment, in the version that has made the address",
        "ModuleNotFoundError: No module named 'notes'",
    ),
    UnusableReferenceError(
        "a reference cannot be used in this process",
        "run `python -m pip install 'pegboard==0.2.0'`",
        "Pegboard 0.2.0 has made it, in format 2, and Pegboard 0.1.0 knows format 1",
    ),
    SecondHostError("notes", "/notes/app.py:7", "/notes/other.py:3"),
    StartTooEarlyError(
        "notes",
        "/notes/app.py:9",
        "notes.api.v1",
        "/notes/api/v1.py:1",
        "ImportError: cannot import name 'Clock' from partially initialized module 'notes.app'",
    ),
    NamespaceModuleError(
        "notes.plugins",
        "/notes/plugins.py",
        f"{SITE}/notes/plugins",
        "'csv'",
        "plugin 'csv' of acme-csv 1.2.0",
    ),
    InvalidNameError("a scope", ""),
    MetadataError("exporters", "csv", "since", "date"),
    ContributionMismatchError(
        "it is 42, of type int, which cannot be called",
        "register a function",
        "exporters",
        "csv",
        "/site/acme_csv.py:3",
    ),
    MetadataMismatchError(
        "the field 'extension' is unknown", "did you mean 'extensions'?", "exporters", "csv", "/site/acme_csv.py:3"
    ),
    ImplementationError(
        "it needs 'documnet', which the hook does not pass; it is called as suggestions(document: Document) -> Suggestion",
        "did you mean 'document'?",
        "suggestions",
        "pdf",
        "/site/acme_pdf.py:3",
    ),
    HookNotFoundError("sugestions", known=("document_saved", "suggestions")),
    ContributionNotFoundError("exporters", "markdwon", ("html", "markdown")),
    RecordedProblem(
        "name-clash",
        "plugin 'zeta' of zeta-csv 3.0 registers 'csv' in 'exporters', which plugin 'csv' of acme-csv 1.2.0 already has: "
        "the first in order keeps the name: plugin 'csv' of acme-csv 1.2.0",
        "disable one of the two",
    ),
    SafeModeError("notes", ("plugin 'csv' of acme-csv 1.2.0", "no plugin was being imported"), "notes plugins"),
    PluginNotFoundError("csvv", ("csv", "html")),
    # plugins
    PluginError("csv", "acme-csv 1.2.0"),
    PluginMismatchError(
        "csv",
        "acme-csv 1.2.0",
        "'csv' of 'exporters'",
        "an older version is here, 1.1.0, not 1.2.0",
        f"{SITE}/notes/plugins/csv.py",
        "run `notes plugins install 'acme-csv==1.2.0'`",
        "older",
    ),
    PluginImportError(
        "csv",
        "acme-csv 1.2.0",
        "ModuleNotFoundError: No module named 'pandas'",
        f"{SITE}/notes/plugins/csv.py:3",
        "install 'pandas', or leave it out with NOTES_NO_PLUGINS=csv",
    ),
    PluginCallError(
        "csv", "acme-csv 1.2.0", "running command 'export'", "KeyError: 'title'", f"{SITE}/notes/plugins/csv.py:12"
    ),
    HookDeprecatedError(
        "csv",
        "acme-csv 1.2.0",
        "document_stored",
        "the hook 'document_stored' is called 'document_saved' now",
        f"{SITE}/notes/plugins/csv.py:12",
        "implement 'document_saved'",
    ),
    PluginCleanUpError(
        "csv", "acme-csv 1.2.0", "Store", "OSError: the disk is full", f"{SITE}/notes/plugins/csv.py:20"
    ),
    PluginStillRunningError("csv", "acme-csv 1.2.0", "csv poller", f"{SITE}/notes/plugins/csv.py:31"),
    PluginNotImportableError(
        "fast",
        "acme-fast 2.0",
        "it is built for another Python (cpython-310-x86_64-linux-gnu.so); this one loads "
        ".cpython-311-x86_64-linux-gnu.so, .abi3.so, .so",
        f"{SITE}/notes/plugins/fast.cpython-310-x86_64-linux-gnu.so",
    ),
    PluginGoneError("csv", "acme-csv 1.2.0", "its file was there, and is gone", f"{SITE}/notes/plugins/csv.py"),
    PluginWithdrewError("csv", "acme-csv 1.2.0", "exporters", "tsv"),
    PluginCrashedError(
        "csv",
        "acme-csv 1.2.0",
        "on 2026-03-02 09:30 the process ended while it was being imported; it is tried once more",
        f"{SITE}/notes/plugins/csv.py",
        "update it, or leave it out with NOTES_NO_PLUGINS=csv",
    ),
    PluginHangsError("csv", "acme-csv 1.2.0", 40.2, 1234, f"{SITE}/notes/plugins/csv.py"),
    PluginQuarantinedError(
        "csv",
        "acme-csv 1.2.0",
        "it took the process down 2 times, last on 2026-03-02 09:31: the process ended while it was being imported",
        f"{SITE}/notes/plugins/csv.py",
        "notes plugins release csv",
    ),
    PluginSlowError("csv", "acme-csv 1.2.0", 4.21, f"{SITE}/notes/plugins/csv.py"),
    PluginProcessError(
        "csv",
        "acme-csv 1.2.0",
        "it has not answered within 60 s",
        "/home/ada/.cache/notes/environments/csv/bin/python",
        "report the cause to its author",
    ),
    PluginProcessDiedError(
        "csv",
        "acme-csv 1.2.0",
        "it was killed by SIGSEGV",
        "/home/ada/.cache/notes/environments/csv/bin/python",
        doing="calling 'csv' of 'exporters'",
        printed="reading table 7",
    ),
    ConfinementError(
        "csv",
        "acme-csv 1.2.0",
        "Landlock is not there: the kernel has to be Linux 6.2 or newer, and built with it",
    ),
    RequiredPluginError("store", "", "it is not installed"),
    DuplicatePluginError(
        "csv", "acme-csv 1.2.0", f"{SITE}/notes/plugins/csv.py", "zeta-csv 3.0", "/opt/zeta/notes/plugins/csv.py"
    ),
    SameModuleError(
        "csv",
        "acme-csv 1.2.0",
        "tsv",
        "entry point tsv = acme_csv:Tsv in group notes.plugins of acme-csv 1.2.0 names the module acme_csv, too",
        f"{SITE}/acme_csv.py",
    ),
    AdapterFailedError(
        "csv",
        "acme-csv 1.2.0",
        "AttributeError: module 'acme_csv' has no attribute 'register'",
        "/srv/notes/app.py:12",
        "this is a fault of the application, not of the plugin; leave the plugin out with NOTES_NO_PLUGINS=csv",
    ),
    UnusedObjectError("csv", "acme-csv 1.2.0", "acme_csv:Reader", f"{SITE}/acme_csv.py"),
    EntryPointError(
        "acme-csv",
        "acme-csv 1.2.0",
        "csv = acme_csv:Reader [fast] in group notes.readers",
        "ModuleNotFoundError: No module named 'tables'",
        f"{SITE}/acme_csv.py:1",
        "it needs tables: install 'acme-csv[fast]', or leave the distribution out with NOTES_NO_PLUGINS=acme-csv",
    ),
    SharedFileError("csv", "zeta-tables 1.0", "notes 2.1", f"{SITE}/notes/plugins/csv.py", "zeta-tables"),
    StrayPackageFileError("csv", "acme-csv 1.2.0", "notes.plugins", f"{SITE}/notes/plugins/__init__.py"),
    NameClashError("zeta", "zeta-csv 3.0", "exporters", "csv", "plugin 'csv' of acme-csv 1.2.0"),
    OrderError("csv", "acme-csv 1.2.0", "it wishes to come after 'htlm', which is not installed"),
    StaleMetadataError("acme-csv 1.2.0", "/home/ada/acme-csv/acme_csv.egg-info", "acme-csv 1.1.0"),
    PluginFolderError("/home/ada/.config/notes/plugins", "it is a file, not a folder"),
    JournalError("NOTES", "/srv/cache/notes cannot be written, and neither can the places that would do instead"),
    # container
    ContainerError("something went wrong"),
    MissingDependencyError(
        "notes.app:Clock",
        (("Page", "", "notes.app:Page", "the application"), VIEW),
        "clock",
        ("notes.app:Clocks", "notes.app:Page", "notes.app:View"),
    ),
    CircularDependencyError(
        (("Page", "", "notes.app:Page", "the application"), VIEW),
        "page",
    ),
    ComponentMismatchError(
        "Clock",
        "3, of type int,",
        "now",
        "plugin 'csv' of acme-csv 1.2.0",
        (("Clock", "", "acme_csv:provide", "plugin 'csv' of acme-csv 1.2.0"),),
    ),
    AnnotationError(
        "notes.plugins.csv:CsvView",
        "table",
        "it has no annotation",
        "plugin 'csv' of acme-csv 1.2.0",
        "acme-csv 1.2.0",
        (VIEW,),
    ),
    ProviderError("csv", "acme-csv 1.2.0", "provide", "View", "KeyError: 'columns'", "the application", (VIEW,)),
    ScopeError("Session", "request", open_scopes=()),
    AsyncRequiredError("Database", "its provider is asynchronous"),
    # isolation
    IsolationError("something went wrong between two processes"),
    PeerGoneError(CSV, "it has closed the connection"),
    WireBrokenError(CSV, "a message begins with b'Hello, w'"),
    RemoteError(
        CSV,
        "acme_csv.errors",
        "BadRowError",
        "row 3 has 4 columns",
        f'Traceback (most recent call last):\n  File "{SITE}/acme_csv/__init__.py", line 12, in export\n'
        "acme_csv.errors.BadRowError: row 3 has 4 columns\n",
    ),
    CannotTravelError(CSV, "argument 'doc'", "notes.domain.Document", "it is a notes.domain.Document"),
    CallDeadlineError(CSV, "exporters csv", 2.0),
]
"""One instance of each error, in the order of `pegboard.errors`."""

PAGE = Path(__file__).parents[3] / "docs/reference/errors.md"

each = pytest.mark.parametrize("error", INSTANCES, ids=lambda error: type(error).code)


def classes(base=PegboardError):
    """Return *base* and every class below it."""
    return [base] + [found for child in base.__subclasses__() for found in classes(child)]


def sections():
    """Return the sections of the page by heading."""
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^## `([^`\n]+)`\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_table_has_one_instance_of_each_error():
    ours = [error for error in classes() if error.__module__.startswith(pegboard.errors.__name__)]
    assert sorted(type(error).__name__ for error in INSTANCES) == sorted(error.__name__ for error in ours)


def test_each_error_has_a_code_of_its_own():
    codes = [type(error).code for error in INSTANCES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", code) for code in codes)


def test_the_page_has_one_heading_for_each_code_and_no_other():
    assert list(sections()) == [type(error).code for error in INSTANCES]


@each
def test_the_page_names_the_class_and_shows_the_text_as_printed(error):
    section = sections()[type(error).code]
    assert f"{{py:class}}`~pegboard.errors.{type(error).__name__}`" in section
    assert f"```text\n{error.render()}\n```" in section


@each
def test_the_tree_in_the_modules_docstring_has_it(error):
    tree = re.findall(
        r"[├└]── (\w+)|^\s*(PegboardError)$", pegboard.errors.__doc__.partition("An error's fields")[0], re.MULTILINE
    )
    assert [first or second for first, second in tree].count(type(error).__name__) == 1


@each
@pytest.mark.parametrize("copied", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_a_copy_is_the_same_in_type_fields_and_text(error, copied):
    other = copied(error)
    assert type(other) is type(error)
    assert vars(other) == vars(error)
    assert other.args == error.args
    assert str(other) == str(error)


@each
def test_the_text_is_what_cause_where_hint_in_that_order_and_without_full_stops(error):
    first, *rest = str(error).splitlines()
    assert first == error.what()
    assert re.findall(r"^  (\w+):", "\n".join(rest), re.MULTILINE) == [
        label for label, text in (("cause", error.because()), ("where", error.where()), ("hint", error.hint())) if text
    ]
    assert not any(line.endswith(".") for line in (first, *rest))


@each
def test_the_summary_is_one_line(error):
    assert "\n" not in error.summary()
    assert error.summary().startswith(error.what())


@each
def test_an_error_of_a_plugin_names_plugin_and_distribution(error):
    if isinstance(error, PluginError):
        assert (error.distribution or error.plugin) in error.what()


class TestDescribingAnException:
    def test_gives_type_and_message_in_one_line(self):
        assert describe_exception(ValueError("two\nlines")) == "ValueError: two lines"

    def test_gives_the_type_alone_when_there_is_no_message(self):
        assert describe_exception(ValueError()) == "ValueError"

    def test_says_in_words_that_a_plugin_wanted_to_exit(self):
        assert describe_exception(SystemExit(3)) == "it called sys.exit(3)"
        assert describe_exception(SystemExit()) == "it called sys.exit()"

    def test_survives_an_error_that_cannot_be_shown(self):
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError

        assert describe_exception(Mute()).endswith("Mute: (its message cannot be shown)")

    def test_of_an_error_of_ours_gives_its_summary(self):
        assert describe_exception(PluginFolderError("/x", "it is a file")).startswith("the plugin folder /x")


@pytest.mark.parametrize(
    ("error", "built_in"),
    [
        (InvalidNameError("registry", ""), ValueError),
        (MetadataError("exporters", "csv", "since", "date"), TypeError),
        (ContributionMismatchError("it is 42"), TypeError),
        (MetadataMismatchError("the field 'x' is unknown"), TypeError),
        (HookNotFoundError("x"), KeyError),
        (ContributionNotFoundError("exporters", "x", ()), KeyError),
        (PluginNotFoundError("x", ()), LookupError),
        (PluginNotImportableError("x", "", "no"), ImportError),
        (PluginWithdrewError("x", "", "exporters", "y"), LookupError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else value.code,
)
def test_people_who_catch_the_built_in_error_catch_it(error, built_in):
    assert isinstance(error, built_in)


@pytest.mark.parametrize(("known", "hint"), [(("csv", "html"), "did you mean 'csv'?"), ((), "known plugins: none")])
def test_a_name_that_is_not_known_gets_the_nearest_one(known, hint):
    assert PluginNotFoundError("cvs", known).hint() == hint


@pytest.mark.parametrize(
    ("other", "advice"), [("the application", "disable 'csv'"), ("plugin 'html'", "disable one of the two")]
)
def test_only_plugins_are_advised_to_be_disabled_in_a_clash(other, advice):
    assert NameClashError("csv", "", "commands", "list", other).hint() == advice
    error = NameClashError("csv", "", "commands", "list", other)
    error.is_for_author, error.offers = True, {"override": "add(..., override=True)"}
    assert error.hint() == f"{advice}; to replace it on purpose: add(..., override=True)"


def test_a_name_that_is_like_none_gets_some_of_many_names():
    known = tuple(f"p{number:02}" for number in range(30))
    assert PluginNotFoundError("csv", known[:20]).hint() == f"known plugins: {', '.join(known[:20])}"
    assert PluginNotFoundError("csv", known).hint() == f"known plugins: {', '.join(known[:20])}, and 10 more"


class TestTheConstructor:
    """It takes the fields that the class and its bases annotate, as that of a dataclass does."""

    def test_leaves_all_fields_in_args_also_those_given_by_name_or_by_default(self):
        error = ScopeError("Session", scope="request")
        assert error.args == ("Session", "request", "", "", (), ())
        assert copy.copy(error).args == error.args

    @pytest.mark.parametrize(
        ("values", "named"),
        [
            ((), {}),
            (("Session",), {}),
            (("Session", "request"), {"key": "Session"}),
            (("Session", "request"), {"colour": "red"}),
            (("Session", "request", "", "", (), (), "too much"), {}),
        ],
    )
    def test_refuses_what_is_missing_unknown_given_twice_or_too_much(self, values, named):
        with pytest.raises(TypeError, match="ScopeError takes key, scope, user, lives, open_scopes, chain"):
            ScopeError(*values, **named)

    def test_of_an_application_s_error_is_its_own(self):
        class Refused(PegboardError):
            code = "refused"
            seats: int

            def __init__(self, seats):
                super().__init__(f"there are only {seats} seats")
                self.seats = seats

        assert Refused(3).render() == "error[refused]: there are only 3 seats"

    def test_of_an_application_s_error_without_fields_takes_anything(self):
        class Refused(PegboardError):
            pass

        assert str(Refused("no", 1)) == "no, 1"


def test_text_in_braces_is_shown_as_it_is():
    assert PluginFolderError("/{home}", "{0} is no folder").summary() == (
        "the plugin folder /{home} cannot be read: {0} is no folder"
    )
