"""What can go wrong? Every error that pegboard raises on purpose, and what it says.

    PegboardError
    ├── ConfigurationError            plugins.toml, environment variables
    ├── SettingsError                 a command could not read or change plugins.toml
    ├── HostError                     the application's author used a host wrongly
    │   ├── HostAddressError          another process cannot find the host
    │   ├── InvalidNameError
    │   ├── MetadataError
    │   ├── ContributionMismatchError a contribution is not what its registry is for (also a TypeError)
    │   │   └── ImplementationError   a function cannot implement a hook
    │   ├── HookNotFoundError         no hook has the name asked for (also a LookupError)
    │   ├── MetadataMismatchError     metadata is not as its registry's schema says (also a TypeError)
    │   └── UnusableReferenceError    a reference means nothing in this process
    ├── SecondHostError               a process uses two hosts of one application
    ├── StartTooEarlyError            plugins are asked for while their API is being imported
    ├── ContributionNotFoundError     nothing has the name asked for (also a LookupError)
    ├── RecordedProblem               found by an earlier start, and still there
    ├── SafeModeError                 two starts in a row crashed; this one is without plugins
    ├── PluginNotFoundError           no plugin has the name asked for (also a LookupError)
    ├── PluginError                   always names a plugin and its distribution
    │   ├── AdapterFailedError        the application's adapter raised when it was called for it
    │   ├── PluginImportError         raised, exited or recursed while being imported
    │   ├── PluginMismatchError       in another process it is not the same
    │   ├── PluginCallError           raised while something of it was called
    │   ├── HookDeprecatedError       implements a hook that has another name now, or has ended
    │   ├── PluginCleanUpError        raised while something of it was cleaned up
    │   ├── PluginStillRunningError   unloaded, but a thread of it still runs
    │   ├── PluginNotImportableError  found, but Python cannot import it (also an ImportError)
    │   │   └── PluginGoneError       not there any more
    │   ├── PluginWithdrewError       no longer registers what its record says
    │   ├── PluginCrashedError        the process ended while it was imported
    │   ├── PluginHangsError          its import does not end
    │   ├── PluginQuarantinedError    crashed the process twice
    │   ├── PluginSlowError           its import took long
    │   ├── PluginProcessError        could not be started in a process of its own
    │   │   ├── PluginProcessDiedError  its process has ended while it was used
    │   │   └── ConfinementError      its process cannot be confined
    │   ├── RequiredPluginError       the application needs it
    │   ├── DuplicatePluginError      two distributions bring one plugin name
    │   ├── SameModuleError           is named by several entry points
    │   ├── UnusedObjectError         has an entry point with an object that nobody uses
    │   ├── NotIsolableError          is isolated, and contributes what cannot be used from afar (also a TypeError)
    │   ├── EntryPointError           an entry point names what cannot be had
    │   ├── SharedFileError           brings a file that another distribution brings, too
    │   ├── StrayPackageFileError     brings a file that only the application may bring
    │   ├── NameClashError            two plugins register one name
    │   └── OrderError                unknown name or circle in before/after
    ├── StaleMetadataError            two versions of one distribution are installed at once
    ├── PluginFolderError             the user's plugin folder cannot be used
    ├── NamespaceModuleError          modules are installed below a plain module
    ├── JournalError                  a plugin that kills the process could not be named
    ├── IsolationFailedError          there is no environment for an isolated plugin
    │   └── IsolationRefusedError     it excludes what the application needs
    ├── InstallRefusedError           a change of the environment would do harm
    ├── InstallFailedError            pip, uv or pipx failed
    ├── IsolationError                between an application and a plugin in another process
    │   ├── PeerGoneError             the connection has ended (also a ConnectionError)
    │   │   └── WireBrokenError       the other process has sent what is no message
    │   ├── RemoteError               code in the other process has raised
    │   ├── CannotTravelError         a value cannot be sent (also a TypeError)
    │   └── CallDeadlineError         a call was not answered in time (also a TimeoutError)
    └── ContainerError
        ├── MissingDependencyError    nothing provides a key (also a LookupError)
        ├── CircularDependencyError
        ├── ComponentMismatchError    what was made is nothing like its key (also a TypeError)
        ├── AnnotationError           a parameter cannot be injected (also a TypeError)
        ├── ProviderError             a provider failed; names who provided it
        ├── ScopeError                wrong scope, or a scope already closed
        └── AsyncRequiredError        resolved synchronously what can only be awaited

An error's fields are the annotated names in its class, and its constructor takes them in that order, as that of a
dataclass does. All are left in `args`, so that the error can be pickled and copied. `_what`, `_because`, `_where` and
`_hint` are templates that the fields are put into; a text that depends on more than that is a method.
"""

# Each name is said twice: that makes it public here.
from pegboard.errors.base import (  # noqa: I001 -- one statement a module, rather than one a name
    PegboardError as PegboardError,
    UnusableIndexError as UnusableIndexError,
    describe_exception as describe_exception,
)
from pegboard.errors.container import (
    AnnotationError as AnnotationError,
    AsyncRequiredError as AsyncRequiredError,
    CircularDependencyError as CircularDependencyError,
    ComponentMismatchError as ComponentMismatchError,
    ContainerError as ContainerError,
    MissingDependencyError as MissingDependencyError,
    ProviderError as ProviderError,
    ScopeError as ScopeError,
    chain_lines as chain_lines,
)
from pegboard.errors.isolation import (
    ConfinementError as ConfinementError,
    PluginProcessDiedError as PluginProcessDiedError,
    PluginProcessError as PluginProcessError,
)
from pegboard.errors.environments import (
    IsolationFailedError as IsolationFailedError,
    IsolationRefusedError as IsolationRefusedError,
    NotIsolableError as NotIsolableError,
)
from pegboard.errors.plugin import (
    AdapterFailedError as AdapterFailedError,
    DuplicatePluginError as DuplicatePluginError,
    EntryPointError as EntryPointError,
    NameClashError as NameClashError,
    OrderError as OrderError,
    PluginCallError as PluginCallError,
    HookDeprecatedError as HookDeprecatedError,
    PluginCleanUpError as PluginCleanUpError,
    PluginCrashedError as PluginCrashedError,
    PluginError as PluginError,
    PluginGoneError as PluginGoneError,
    PluginHangsError as PluginHangsError,
    PluginImportError as PluginImportError,
    PluginMismatchError as PluginMismatchError,
    PluginNotImportableError as PluginNotImportableError,
    PluginQuarantinedError as PluginQuarantinedError,
    PluginSlowError as PluginSlowError,
    PluginStillRunningError as PluginStillRunningError,
    PluginWithdrewError as PluginWithdrewError,
    RecordedProblem as RecordedProblem,
    RequiredPluginError as RequiredPluginError,
    SameModuleError as SameModuleError,
    SafeModeError as SafeModeError,
    SharedFileError as SharedFileError,
    StrayPackageFileError as StrayPackageFileError,
    UnusedObjectError as UnusedObjectError,
)
from pegboard.errors.usage import (
    ConfigurationError as ConfigurationError,
    ContributionMismatchError as ContributionMismatchError,
    ContributionNotFoundError as ContributionNotFoundError,
    HostAddressError as HostAddressError,
    HostError as HostError,
    InstallFailedError as InstallFailedError,
    InstallRefusedError as InstallRefusedError,
    InvalidNameError as InvalidNameError,
    JournalError as JournalError,
    MetadataError as MetadataError,
    HookNotFoundError as HookNotFoundError,
    ImplementationError as ImplementationError,
    MetadataMismatchError as MetadataMismatchError,
    NamespaceModuleError as NamespaceModuleError,
    PluginFolderError as PluginFolderError,
    PluginNotFoundError as PluginNotFoundError,
    SecondHostError as SecondHostError,
    SettingsError as SettingsError,
    StaleMetadataError as StaleMetadataError,
    StartTooEarlyError as StartTooEarlyError,
    UnusableReferenceError as UnusableReferenceError,
)
from pegboard.errors.wire import (
    CallDeadlineError as CallDeadlineError,
    CannotTravelError as CannotTravelError,
    IsolationError as IsolationError,
    PeerGoneError as PeerGoneError,
    RemoteError as RemoteError,
    WireBrokenError as WireBrokenError,
)
