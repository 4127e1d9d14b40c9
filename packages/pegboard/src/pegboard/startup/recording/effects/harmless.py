"""What is known to be harmless: calls of functions in C, and caches of the standard library.

What is missing here costs speed, never correctness: a plugin that uses it is imported at every start.
"""

from __future__ import annotations

import re

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final


def names(text: str) -> frozenset[str]:
    """Return the words of *text*."""
    return frozenset(text.split())


HARMLESS_PREFIXES: Final = ("get", "is", "_get", "_path_", "W", "tcget", "has_")
_OS = names(
    "stat lstat fstat listdir scandir access readlink open close closerange read pread readv lseek fspath cpu_count "
    "process_cpu_count urandom times uname sysconf confstr fpathconf pathconf statvfs fstatvfs strerror major minor "
    "makedev dup pipe pipe2 write pwrite umask chdir fchdir nice ctermid ttyname device_encoding sched_getaffinity "
    "sched_get_priority_max sched_get_priority_min sched_yield listxattr posix_fadvise putenv unsetenv environ "
    "setpriority waitpid wait waitstatus_to_exitcode fork mkdir rmdir remove unlink rename replace link symlink "
    "chmod fchmod lchmod chown fchown lchown utime truncate ftruncate system posix_spawn posix_spawnp _exit "
    "listdrives listvolumes listmounts _findfirstfile _isdir _supports_virtual_terminal fsync fdatasync sync "
    "eventfd memfd_create openpty isatty"
)
"""Those that change something are seen in the state of the process, or by an audit event."""
HARMLESS_CALLS: Final = {
    "posix": _OS,
    "nt": _OS,
    "sys": names(
        "intern exc_info exception _clear_type_cache audit call_tracing displayhook excepthook unraisablehook exit "
        "breakpointhook setrecursionlimit setswitchinterval setdlopenflags set_asyncgen_hooks settrace "
        "set_coroutine_origin_tracking_depth set_int_max_str_digits _current_frames _current_exceptions "
        "_debugmallocstats _setprofileallthreads __displayhook__ __excepthook__ _git"
    ),
    "gc": names("collect set_threshold set_debug enable disable"),
    "_signal": names(
        "signal default_int_handler valid_signals sigpending strsignal pthread_sigmask setitimer sigwait sigtimedwait"
    ),
    "_thread": names(
        "allocate_lock allocate RLock LockType lock _local stack_size _count _set_sentinel exit exit_thread "
        "daemon_threads_allowed _excepthook _ExceptHookArgs _make_thread_handle set_name _shutdown"
    ),
    "fcntl": names(""),
    "atexit": names("register _ncallbacks"),
    "_codecs": names(
        "lookup lookup_error encode decode escape_encode escape_decode utf_8_encode utf_8_decode latin_1_encode "
        "latin_1_decode ascii_encode ascii_decode charmap_build charmap_encode charmap_decode utf_7_encode "
        "utf_7_decode "
        "utf_16_encode utf_16_decode utf_16_le_encode utf_16_le_decode utf_16_be_encode utf_16_be_decode "
        "utf_16_ex_decode utf_32_encode utf_32_decode utf_32_le_encode utf_32_le_decode utf_32_be_encode "
        "utf_32_be_decode utf_32_ex_decode unicode_escape_encode unicode_escape_decode raw_unicode_escape_encode "
        "raw_unicode_escape_decode readbuffer_encode mbcs_encode mbcs_decode oem_encode oem_decode "
        "code_page_encode code_page_decode _forget_codec _unregister_error"
    ),
    "faulthandler": names("enable disable"),
    "resource": names("setrlimit prlimit"),
    "termios": names(""),
    "_locale": names("setlocale localeconv strcoll strxfrm nl_langinfo gettext dgettext dcgettext"),
    "time": names(
        "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns thread_time "
        "thread_time_ns localtime gmtime mktime strftime strptime asctime ctime sleep tzset clock_gettime "
        "clock_gettime_ns clock_getres pthread_getcpuclockid"
    ),
    "readline": names("set_completer set_completer_delims redisplay"),
    "_tracemalloc": names("start stop take_snapshot reset_peak"),
    "_posixsubprocess": names("fork_exec"),
    "_multiprocessing": names("sem_unlink"),
    "_interpreters": names("list_all"),
    "_xxsubinterpreters": names("list_all"),
    "_curses": names("setupterm tigetflag tigetnum tigetstr tparm longname termname"),
    "syslog": names(""),
    "_sqlite3": names("adapt complete_statement connect register_adapter register_converter"),
}
"""For each module in C whose functions change the process: those that do not, or whose effect is seen elsewhere."""
FATAL_CALLS: Final = {
    "posix.register_at_fork": "registers a function that is called at each fork",
    "_signal.set_wakeup_fd": "sets the descriptor that signals wake",
    "_signal.siginterrupt": "changes how signals interrupt calls",
    "_signal.alarm": "sets an alarm",
    "_codecs.register": "registers a codec",
    "_codecs.unregister": "unregisters a codec",
    "_codecs.register_error": "registers a handler of encoding errors",
    "_thread.start_new_thread": "starts a thread",
    "_thread.start_joinable_thread": "starts a thread",
    "_thread.start_new": "starts a thread",
    "sys.addaudithook": "adds an audit hook",
    "sys.setprofile": "sets a profile function",
    "gc.freeze": "freezes the objects of the garbage collector",
    "gc.unfreeze": "unfreezes the objects of the garbage collector",
    "faulthandler.register": "registers a signal with the fault handler",
    "faulthandler.dump_traceback_later": "has a traceback dumped later",
}
"""Those of them of which it is known what they do, in words."""
REGISTERING_NAME: Final = re.compile(r"_*(add|(un)?register|set|install|subscribe|connect|listens?)(_|$)")
"""What a library calls the functions that note something for others, also when its own code calls them."""
CHANGING_METHODS: Final = names(
    "__setattr__ __delattr__ __setitem__ __delitem__ __set__ __delete__ __iadd__ __ior__ __iand__ __isub__ __ixor__ "
    "__lshift__ __rshift__ __enter__"
)
"""Methods that Python itself calls, and that change something."""
LOOKING_AROUND: Final = names("get_objects get_referrers get_freeze_count")
"""Functions of `gc` that reach everything; what is observed is not among what they find."""
CHANGING_NAME: Final = re.compile(
    r"(?!__)_*(set|(un)?register|install|uninstall|enable|disable|re?configure|patch|activate|monkey)|"
    r"(?!__)_*(add|seed|use|config|init|switch|hook|setup|start|push|insert|append|extend|update|clear|reset|remove|define|"
    r"override|replace|subscribe|connect|listen|listens|on|mount|load|attach|bind|declare)(?![a-z])",
)
"""What functions are called that change something."""

CACHES: Final = names(
    """
    _zoneinfo _ctypes _sre
    cython_runtime.cline_in_traceback
    PIL.ImageColor.colormap sqlalchemy.orm.clsregistry._registries sqlalchemy.engine.url.registry.impls
    sqlalchemy.dialects.registry.impls
    sqlalchemy.event.registry._key_to_collection sqlalchemy.event.registry._collection_to_key
    logging._at_fork_reinit_lock_weakset unittest.mock.sentinel._sentinels
    functools.singledispatch.<locals>.register.__closure__.data
    functools.singledispatch.<locals>.dispatch.__closure__.data
    _collections_abc._abc_registry _colorize._cache _struct weakref.finalize._registry
    _frozen_importlib_external._cache _py_warnings.onceregistry _strptime._TimeRE_cache _strptime._regex_cache
    _struct _weakrefset._cache abc._cache ast._const_node_type_names
    calendar._cache concurrent.futures._base._cache contextlib._cache copy._deepcopy_dispatch
    ctypes._c_functype_cache ctypes._pointer_type_cache ctypes._win_functype_cache dataclasses._cache
    email._policybase._cache encodings._cache enum._cache fnmatch._cache functools._cache
    gettext._default_localedir gettext._translations glob._cache html._cache http.cookiejar._cache
    importlib._bootstrap._blocking_on importlib._bootstrap._module_locks importlib.metadata._cache
    inspect._filesbymodname inspect.modulesbyfile linecache._interactive_cache linecache.cache locale._percent_re
    logging._handlerList logging._handlers mimetypes._db mimetypes.common_types mimetypes.encodings_map
    mimetypes.inited mimetypes.suffix_map mimetypes.types_map multiprocessing.context._cache
    multiprocessing.process._process_counter os._cache pathlib._cache pkgutil._cache platform._cache
    platform._platform_cache platform._sys_version_cache platform._uname_cache pprint._cache random._cache
    re._cache re._cache2 re._compile_template re._pattern_type shutil._cache site._cache socket._cache
    sqlite3._cache sre_parse._cache ssl._cache string._cache struct._cache subprocess._active sys._git
    sys.last_exc sys.last_traceback sys.last_type sys.last_value sys.path_importer_cache sysconfig._CONFIG_VARS
    sysconfig._CONFIG_VARS_INITIALIZED tempfile._name_sequence tempfile.tempdir threading._active
    threading._counter threading._dangling threading._limbo threading._shutdown_locks token._cache tokenize._cache
    traceback._cache types._cache typing._caches typing._cleanups typing._overload_registry unittest._cache
    unittest.util._cache urllib.parse._parse_cache urllib.request._cut_port_re urllib.request.ftpcache
    uuid._UuidCreate uuid._generate_time_safe uuid._last_timestamp uuid._node warnings._onceregistry
    warnings.onceregistry weakref.finalize._dirty weakref.finalize._index_iter
    weakref.finalize._registered_with_atexit weakref.finalize._registry weakref.finalize._shutdown
    xml.etree.ElementPath._cache zipfile._cache zipimport._zip_directory_cache zoneinfo.ZoneInfo._strong_cache
    zoneinfo.ZoneInfo._weak_cache zoneinfo._cache
    """
)
"""Caches and first-use set-up of the standard library, by module and name. A plugin that changes one itself is seen."""
CACHE_NAME: Final = re.compile(
    r"(?i).*(cache|_generated_|_value2member_map_|_unhashable_values|memo|interned|_pool$|lazy|compiled|loaded|initiali[sz]ed|_ready$)"
)
"""What a library's own caches are called."""
HARMLESS_FUNCTIONS: Final = frozenset((("tempfile", "_get_default_tempdir"), ("uuid", "_load_system_functions")))
"""Functions that write a file, or start a process, only to find something out: module and name."""
COUNTER_NAME: Final = re.compile(r"(?i).*(count|order|serial|sequence|next)")
"""What a library calls the counters that it moves when it is used."""
IMPORT_NAMES: Final = frozenset(
    ("__warningregistry__", "__builtins__", "__cached__", "__annotations__", "__doc__", "__slotnames__")
)
"""Names in a namespace that Python itself sets."""
