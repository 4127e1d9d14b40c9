"""What counts as doing more than registering, and what does not: each import is judged in a process of its own."""

from __future__ import annotations

from support.imports_judged import judged

from pegboard.index import WHOLE_ENVIRONMENT

CHANGES_THE_APPLICATION = {
    "a hook is added": "core.handlers.append(print)",
    "through a short name": "h = core.handlers\nh.insert(0, print)",
    "by a function that is given it": "(lambda some: some.append(1))(core.handlers)",
    "sorted in place": "core.queue.rotate(1); core.queue.append(0)",
    "an item": "core.table['two'] = 2",
    "an item of an imported name": "from acme.core import table\ntable['two'] = 2",
    "another key for the same value": "core.table['uno'] = core.table.pop('one')",
    "another order": "core.ordered.move_to_end('a')",
    "a word": "core.words.add('b')",
    "a missing value": "core.groups['x'].append(1)",
    "what makes missing values": "core.groups.default_factory = dict",
    "a tally": "core.tally.update('ab')",
    "bytes": "core.raw.extend(b'c')",
    "a nested list": "core.tree['sub']['deep'].append(1)",
    "a heap": "import heapq\nheapq.heappush(core.handlers, 1)",
    "by C calling C": "list(map(core.handlers.append, 'ab'))",
    "in a class body": "class A:\n    core.table['b'] = 1",
    "when an object dies": "class D:\n    def __del__(self): core.table['d'] = 1\nD()",
    "a counter in C": "next(core.numbers)",
    "an iterator": "next(core.steps)",
    "random numbers of the application": "core.dice.random()",
    "a global": "core.version = '2'",
    "a global, by name": "setattr(core, 'ver' + 'sion', '2')",
    "a global, by its namespace": "vars(core).update(version='2')",
    "a global, by a text": "exec('version = 2', vars(core))",
    "a global is defined by a text": "exec('def more(): ...', vars(core))",
    "a global that goes": "del core.version",
    "a global of sys.modules": "import sys\nsys.modules['acme.core'].version = '2'",
    "the class of a module": "import types\nclass M(types.ModuleType): ...\ncore.__class__ = M",
    "a documentation": "core.Plain.__doc__ = 'x'",
    "a method": "core.Plain.show = lambda self: 'mine'",
    "an attribute of a class": "type(core.options).more = 1",
    "an attribute": "core.get_options().colour = 'red'",
    "an attribute that others equal": "core.options.ready = None",
    "an attribute through object": "object.__setattr__(core.options, 'colour', 'red')",
    "an attribute by a method": "core.options.set('extra', 1)",
    "an attribute by a property": "core.options.shade = 'dark'",
    "a slot": "core.slots.value = 2",
    "an attribute of what is cached": "core.cached(0).append(1)",
    "an attribute of what others hold, too": "core.made().colour = 'red'",
    "the class of an instance": "class O(core.Options): ...\ncore.options.__class__ = O",
    "the code of a function": "core.shout.__code__ = (lambda text: text).__code__",
    "defaults of a function": "core.shout.__defaults__ = ('x',)",
    "a function in disguise": "import functools\ndef mine(): 'x'\nfunctools.update_wrapper(core.shout, mine)",
    "annotations of a function": "core.shout.__annotations__['text'] = 'str'",
    "an attribute of a function": "core.shout.more = 1",
    "a cell": "core.add_closed.__closure__[0].cell_contents = [1]",
    "a closure": "core.add_closed(1)",
    "a subclass that is noted": "class A(core.Base): ...",
    "a subclass that is listed": "class A(core.Listed): ...",
    "a metaclass that notes": "class A(core.Model): ...",
    "an abstract base class": "core.Shape.register(int)",
    "a dispatched function": "core.draw.register(int, str)",
    "a live instance": "keep = core.Live()",
    "a decorator that notes": "@core.register\ndef f(): ...",
    "an event": "@core.bus.on('start')\ndef f(): ...",
    "an event by item": "core.bus['start'] = print",
    "an event by operator": "core.bus += print",
    "a setting": "core.configure(two=2)",
    "a ticket": "mine = core.next_ticket()",
    "a context variable": "core.current.set(1)",
    "a thread's own": "core.local.x = 1",
    "a cleared cache": "core.cached.cache_clear()",
    "a finalizer": "import weakref\nweakref.finalize(core.options, print)",
    "an attribute that is computed once": "vars(core.options)['slow'] = 5",
    "an order of sorting": "sorted([2, 1], key=lambda x: core.handlers.append(x) or x)",
    "while an error is handled": "try:\n    raise KeyboardInterrupt\nexcept BaseException: core.table['k'] = 1",
    "at the end of a function": "def f():\n    try: return 1\n    finally: core.words.add('f')\nf()",
    "by a context manager": "import contextlib\nwith contextlib.ExitStack() as s: s.callback(core.handlers.append, 1)",
    "how a class is indexed": "core.Plain.__class_getitem__ = classmethod(lambda c, i: c)",
    "how classes are made": "core.Registry.__call__ = lambda cls, *a: None",
    "how an ABC answers": "core.Shape.__subclasshook__ = classmethod(lambda *a: True)",
    "a view of memory": "memoryview(core.raw)[0] = 9",
    "a loop": "any(core.steps)",
    "a slot that goes": "del core.slots.value",
    "what a module has not": "core.__getattr__ = lambda name: 1",
    "a path of a package": "import acme\nacme.__path__.append('/x')",
    "a patch that is not undone": "from unittest import mock\nmock.patch('acme.core.shout').start()",
}
CHANGES_THE_PROCESS = {
    "an exit handler": "import atexit\n@atexit.register\ndef bye(): ...",
    "a signal handler": "import signal\nsignal.signal(signal.SIGUSR1, lambda *_: None)",
    "blocked signals": "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])",
    "the descriptor that signals wake": "import os, signal\nr, w = os.pipe(); os.set_blocking(w, False)\nsignal.set_wakeup_fd(w)",
    "the umask": "import os\nos.umask(0o77)",
    "the working directory": "import os\nos.chdir('/')",
    "niceness": "import os\nos.nice(1)",
    "a variable": "import os\nos.environ['ACME_X'] = '1'",
    "a variable by default": "import os\nos.environ.setdefault('ACME_X', '1')",
    "a variable in C": "import os\nos.putenv('ACME_X', '1')",
    "a fork handler": "import os\nos.register_at_fork(before=print)",
    "a fork": "import os\nif not os.fork(): os._exit(0)\nos.wait()",
    "a process": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])",
    "a thread": "import threading\nt = threading.Thread(target=print); t.start(); t.join()",
    "a file": "open(TMP + '/new', 'w').close()",
    "a folder": "import pathlib\npathlib.Path(TMP, 'folder').mkdir()",
    "a file that goes": "import os\nos.unlink(TMP + '/cases.json')",
    "a mode": "import os\nos.chmod(TMP + '/shelf.py', 0o600)",
    "a database": "import sqlite3\nsqlite3.connect(TMP + '/db').close()",
    "a socket": "import socket\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()",
    "a pipe": "import os\nends = os.pipe()",
    "a path function": "import os\nos.path.expanduser = str",
    "a folder while a library is loaded": "import os\nos.chdir('/'); import graphlib; os.umask(0o77); os.chdir(TMP)",
    "a copy of a descriptor": "import os\nos.dup2(1, 77)",
    "the import path": "import sys\nsys.path.append('/acme')",
    "a finder": "import sys\nclass F:\n    def find_spec(*_): return None\nsys.meta_path.append(F())",
    "a module of its own making": "import sys, types\nsys.modules['acme_x'] = types.ModuleType('acme_x')",
    "another name for itself": "import sys\nsys.modules['acme_alias'] = sys.modules[__name__]",
    "a module that goes": "import sys\nsys.modules.pop('json')",
    "excepthook": "import sys\nsys.excepthook = print",
    "standard output": "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer)",
    "its configuration": "import sys\nsys.stdout.reconfigure(errors='replace')",
    "recursion": "import sys\nsys.setrecursionlimit(4321)",
    "switching": "import sys\nsys.setswitchinterval(0.5)",
    "garbage": "import gc\ngc.disable()",
    "garbage, frozen": "import gc\ngc.freeze()",
    "a built-in": "import builtins\nbuiltins.shout = print",
    "a trace": "import threading\nthreading.settrace(print)",
    "a profile function of threads": "import threading\nthreading.setprofile(lambda *a: None)",
    "what is called for errors of threads": "import threading\nthreading.excepthook = print",
    "what the garbage collector calls": "import gc\ngc.callbacks.append(lambda *a: None)",
    "the order of finders": "import sys\nsys.meta_path[:] = sys.meta_path[::-1]",
    "a finder for one folder": "import sys\nsys.path_importer_cache['/acme'] = core.options",
    "how sources are loaded": "import importlib.machinery as m\nm.SourceFileLoader.exec_module = print",
    "how its own kind is loaded": "L = type(__spec__.loader)\nL.get_data = print",
    "how folders are searched": "import importlib.machinery as m\nsetattr(m.FileFinder, 'find_spec', print)",
    "how modules are imported": "import importlib\nimportlib.import_module = print",
    "the framework": "from pegboard import Host\nHost.start = print",
    "the locale": "import locale\nlocale.setlocale(locale.LC_ALL, 'POSIX')\nlocale._override_localeconv['decimal_point'] = ','",
    "a limit": "import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "a timer": "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN); signal.setitimer(signal.ITIMER_REAL, 60)",
    "the program": "import __main__\n__main__.ACME = 1",
}
CHANGES_THE_STANDARD_LIBRARY = {
    "logging": "import logging\nlogging.basicConfig()",
    "another's logger": "import logging\nlogging.getLogger('acme').setLevel(10)",
    "a level": "import logging\nlogging.addLevelName(7, 'ACME')",
    "a filter of warnings": "import warnings\nwarnings.simplefilter('ignore')",
    "the precision": "import decimal\ndecimal.getcontext().prec = 7",
    "the default precision": "import decimal\ndecimal.DefaultContext.prec = 7",
    "a function": "import json\njson.dumps = print",
    "a method": "import json\njson.JSONEncoder.default = str",
    "a length": "import reprlib\nreprlib.aRepr.maxstring = 5",
    "a table of first use": "import sysconfig\nsysconfig.get_config_vars()['ACME'] = 1",
    "a seed": "import random\nrandom.seed(1)",
    "a media type": "import mimetypes\nmimetypes.add_type('text/acme', '.acme')",
    "a codec": "import codecs\ncodecs.register_error('acme', print)",
    "a dialect": "import csv\ncsv.register_dialect('acme', delimiter='|')",
    "a time-out": "import socket\nsocket.setdefaulttimeout(3)",
    "an event loop": "import asyncio\nasyncio.set_event_loop(asyncio.new_event_loop())",
    "an opener": "import urllib.request as r\nr.install_opener(r.build_opener())",
    "a cache, by hand": "import linecache\nlinecache.cache['<acme>'] = (1, None, [], '')",
    "a cache, by another name": "import linecache as l\nl.cache.clear(); l.cache['<acme>'] = (1, None, [], '')",
    "a cache, imported": "from linecache import cache as c\nc['<a' + 'cme>'] = (1, None, [], '')",
    "an adapter": "import sqlite3\nsqlite3.register_adapter(set, str)",
    "a pickler": "import copyreg\ncopyreg.pickle(range, print)",
    "a start method": "import multiprocessing\nmultiprocessing.set_start_method('spawn')",
    "a list of the import system": "import importlib.machinery as m\nm.SOURCE_SUFFIXES.append('.acme')",
    "an ABC": "import numbers\nnumbers.Number.register(str)",
    "what the logger of records is": "import logging\nlogging.setLogRecordFactory(print)",
    "logging by a dictionary": "import logging.config as c\nc.dictConfig({'version': 1, 'root': {'level': 'DEBUG'}})",
    "a list of warnings": "import warnings\nwarnings.filters.insert(0, ('ignore', None, Warning, None, 0))",
    "how warnings are shown": "import warnings\nwarnings.showwarning = print",
    "a context of decimals": "import decimal\ndecimal.setcontext(decimal.Context(prec=3))",
    "a trap of decimals": "import decimal\ndecimal.getcontext().traps[decimal.Inexact] = True",
    "a virtual subclass": "import collections.abc\n@collections.abc.Sequence.register\nclass A: ...",
    "an extension code": "import copyreg\ncopyreg.add_extension('a', 'b', 5)",
    "a name of an encoding": "import encodings.aliases as a\na.aliases['acme'] = 'utf_8'",
    "the documentation of a function": "import json\njson.dumps.__doc__ = 'x'",
    "a converter": "import sqlite3\nsqlite3.register_converter('acme', bytes)",
    "a prefix of XML": "import xml.etree.ElementTree as E\nE.register_namespace('acme', 'http://acme')",
    "a format of archives": "import shutil\nshutil.register_archive_format('acme', print)",
    "a member of an enumeration": "import http\nhttp.HTTPStatus._value2member_map_[999] = None",
}
CHANGES_A_LIBRARY = {
    "an attribute": "import shelf\nshelf.default = 'mine'",
    "a class": "from shelf import Client\nClient.timeout = 9",
    "a table": "from shelf import OPTIONS\nOPTIONS['hooks'].append(1)",
    "by its function": "import shelf\nshelf.set_default(1)",
    "a cache, by hand": "import shelf\nshelf.CACHE['answer'] = 1",
    "what it notes weakly": "import shelf\nshelf.listen(shelf.Client, print)",
    "by a decorator": "import shelf\n@shelf.listens(shelf.Client)\ndef f(): ...",
}
CANNOT_BE_SHOWN = {
    "all objects": "import gc\nassert any(some is core.handlers for some in gc.get_objects()); assert not gc.get_freeze_count()",
    "who refers to one": "import gc\nassert any(some is vars(core) for some in gc.get_referrers(core.handlers))",
    "a library of C": "import ctypes\nctypes.CDLL(None)",
    "what it has made for the thread": "import shelf\nshelf.local().mine = 1",
    "a file that stays open": "kept = open(TMP + '/cases.json')",
    "a switch in C": "import sqlite3\nsqlite3.enable_callback_tracebacks(True)",
}
HARMLESS = {
    "nothing": "",
    "a dataclass": "from dataclasses import dataclass, field\n@dataclass(slots=True)\nclass A:\n    x: list = field(default_factory=list)",
    "enumerations": "import enum\nclass E(enum.IntFlag):\n    A = 1\n    B = 2\nX = E(3)",
    "named tuples": "import collections, typing\nP = collections.namedtuple('P', 'x')\nclass Q(typing.NamedTuple):\n    a: int = 1",
    "types": "from typing import *\nT = TypeVar('T')\n@runtime_checkable\nclass P(Protocol): ...\nclass G(Generic[T]): ...\nX = Optional[G[int]]\n@overload\ndef f(a: int): ...\ndef f(a): ...",
    "ABCs": "import abc, collections.abc as c\nclass A(abc.ABC): ...\nclass B(A): ...\nA.register(int); isinstance(1, A); isinstance({}, c.Mapping)\nclass M(c.Sized):\n    def __len__(self): return 0",
    "subclasses": "import json, logging, threading\nclass A(core.Plain): ...\nclass J(json.JSONEncoder): ...\nclass H(logging.Handler): ...\nclass T(threading.Thread): ...",
    "an own registry": "R = {}\nclass B:\n    def __init_subclass__(cls): R[cls.__name__] = cls\nclass A(B): ...",
    "own tables": "T = {'a': 1}\nT['b'] = 2\nL = []\nfor i in range(99): L.append([i])\nL[0].append(1)",
    "own objects": "o = core.Options(); o.colour = 'red'; o.paths.append(1); o.set('a', 1); o.shade = 1; o.slow",
    "copies": "import copy\nT = dict(core.table); T['b'] = 2\nD = copy.deepcopy(core.tree); D['sub']['deep'].append(1)\nC = copy.copy(core.options); C.colour = 1",
    "caches of the application": "core.cached(1); core.cached(1); core.default(); core.options.slow",
    "a mark on an own function": "@core.tag\ndef f(): ...",
    "a dispatched function of its own": "import functools\n@functools.singledispatch\ndef f(x): ...\nf.register(int, str); f(1)",
    "its logger": "import logging\nlog = logging.getLogger(__name__); log.debug('x'); log.setLevel(30)\nlog.addHandler(logging.NullHandler()); log.getChild('x').info('y')",
    "a warning": "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)",
    "a part of sys.path, for a while": "import sys\nsys.path.insert(0, '/acme')\ntry: import graphlib\nfinally: sys.path.remove('/acme')",
    "a setting, for a while": "import decimal\nwith decimal.localcontext() as c:\n    c.prec = 7\n    import graphlib",
    "a folder, for a while": "import os\nold = os.getcwd(); os.chdir('/'); import graphlib; os.chdir(old)",
    "memory of its own": "import mmap\nm = mmap.mmap(-1, 4096); m[0] = 1; m.close()",
    "threads and pools that are not started": "import concurrent.futures as c, threading\nT = threading.Thread(); P = c.ThreadPoolExecutor(1)",
    "what a library fills in": "import shelf\nshelf.connect()",
    "parameters of an alias": "core.Alias.__parameters__",
    "a value that is known, computed once by the application": "core.options.kind",
    "an attribute called as one that a library keeps": "import shelf\nclass A: ...\na = A(); a.size = 2; shelf.kept()",
    "printing": "import sys\nprint('x'); sys.stderr.write('y'); sys.stdout.flush()",
    "reading files": "import pathlib\np = pathlib.Path(__file__); p.read_text(); list(p.parent.glob('*.py'))\nwith open(__file__) as f: f.readline()",
    "reading the environment": "import os\nos.environ.get('HOME'); 'X' in os.environ",
    "metadata": "import importlib.metadata as m, importlib.resources as r\ntry: m.version('no-such')\nexcept m.PackageNotFoundError: pass\nr.files('acme').joinpath('core.py').read_text()",
    "regular expressions": "import re, fnmatch, string\nre.compile('a+').match('a'); fnmatch.fnmatch('a', 'b*'); string.Template('$a').substitute(a=1)",
    "numbers": "import decimal, fractions, random, struct, uuid\ndecimal.Decimal('1') / 3; random.random(); random.Random(1).seed(2); struct.pack('<I', 1); uuid.uuid5(uuid.NAMESPACE_DNS, 'x')",
    "looking around": "import inspect, shutil, tempfile\ninspect.signature(core.shout); inspect.getsource(core.shout); shutil.which('ls'); tempfile.gettempdir()",
    "a context variable of its own": "import contextvars\nC = contextvars.ContextVar('mine'); C.set(1)",
    "weak references": "import weakref\nclass A: ...\na = A(); weakref.finalize(a, len, ''); W = weakref.WeakValueDictionary(a=a); r = weakref.ref(core.options)",
    "an argument parser": "import argparse\np = argparse.ArgumentParser(); p.add_argument('--a'); p.parse_args([])",
    "a loop of its own": "import asyncio\nasync def f(): ...\nc = f(); c.close()",
    "a missing module": "try:\n    import no_such_module\nexcept ImportError:\n    no_such_module = None",
    "threads that are not started": "import threading\nt = threading.Thread(target=print); u = threading.Timer(1, print)",
    "a cache of its own": "import re\nclass A:\n    def f(self):\n        self._cache = re.compile('b+')\nA().f()",
    "errors": "try: core.nothing\nexcept AttributeError as e: pass\ntry: core.shout()\nexcept TypeError: pass",
    "an import that has effects": "import shelf\nfrom shelf import Client\nL = []\nL.append(1)",
    "the use of a library": "import shelf\nclass C(shelf.Client):\n    timeout = 1\nc = C(); c.get(); c.timeout = 2",
    "a module by name": "import importlib\nm = importlib.import_module('shelf')",
    "a database in memory": "import sqlite3\nc = sqlite3.connect(':memory:'); c.execute('create table t (a)'); c.close()",
    "executed text": "n = {}\nexec('a = 1', n)\neval('1 + 1')",
    "a variable that is put back": "import os\nos.umask(os.umask(0))",
    "names looked up late": "from concurrent.futures import ThreadPoolExecutor\nclass P(ThreadPoolExecutor): ...",
    "a structure of C": "import ctypes\nclass S(ctypes.Structure):\n    _fields_ = [('a', ctypes.c_int)]\ns = S(1); s.a = 2",
    "comparisons that are filled in": "import functools\n@functools.total_ordering\nclass A:\n    def __lt__(s, o): return True\n    def __eq__(s, o): return True",
    "another name for its own function": "def f(): ...\nf.__doc__ = 'x'; f.__name__ = 'g'",
    "a metaclass of its own": "class M(type):\n    seen = []\n    def __new__(m, *a): c = super().__new__(m, *a); M.seen.append(c); return c\nclass A(metaclass=M): ...",
    "a constant that is made when it is needed": "_X = None\ndef x():\n    global _X\n    if _X is None: _X = {}\n    return _X\nx()",
    "warnings, for a while": "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore'); warnings.warn('x')",
    "standard output, for a while": "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()): print('x')",
    "an error of its own": "class Stop(BaseException): ...\ntry: raise Stop\nexcept Stop: pass",
    "a group of errors": "try: raise ExceptionGroup('a', [ValueError()])\nexcept* ValueError: pass",
    "a context of its own": "import contextvars, decimal\ncontextvars.copy_context().run(core.current.set, 1); decimal.Context(prec=3).divide(1, 3)",
    "times": "import datetime, zoneinfo\ndatetime.datetime.strptime('2020', '%Y')\ntry: zoneinfo.ZoneInfo('Europe/Berlin')\nexcept Exception: pass",
    "kinds of files": "import mimetypes\nmimetypes.guess_type('a.txt')",
    "locks and queues": "import asyncio, queue, threading\nasyncio.Lock(); queue.Queue(); L = threading.local(); L.x = 1\nwith threading.Lock(): pass",
    "type hints of the application": "import typing\ntyping.get_type_hints(core.shout); typing.Annotated[int, core.Plain]",
    "a module that is not imported": "import importlib, importlib.util as u\nimportlib.invalidate_caches(); u.module_from_spec(u.spec_from_file_location('acme_zz', __file__))",
    "a look at what the application has": "X = sorted(core.words); Y = list(core.table.items()); isinstance(core.options, core.Shape)\nfor h in core.handlers: pass",
    "a mock": "from unittest import mock\nmock.MagicMock().x(1); mock.sentinel.acme",
}


def test_an_import_that_changes_the_application_or_the_process_is_seen_to(tmp_path):
    groups = (CHANGES_THE_APPLICATION, CHANGES_THE_PROCESS, CHANGES_THE_STANDARD_LIBRARY)
    texts = {f"{name} ({number})": text for number, group in enumerate(groups) for name, text in group.items()}
    verdicts = judged(tmp_path, texts)
    assert [name for name, verdict in verdicts.items() if "seen" not in verdict.kinds] == []


def test_an_import_that_changes_a_library_only_is_told_from_others(tmp_path):
    verdicts = judged(tmp_path, CHANGES_A_LIBRARY)
    assert {name: verdict.kinds for name, verdict in verdicts.items()} == {
        name: {"library"} for name in CHANGES_A_LIBRARY
    }


def test_what_cannot_be_shown_to_be_harmless_says_so(tmp_path):
    verdicts = judged(tmp_path, CANNOT_BE_SHOWN)
    assert {name: verdict.kinds for name, verdict in verdicts.items()} == {
        name: {"not shown"} for name in CANNOT_BE_SHOWN
    }


def test_an_import_that_only_registers_has_no_effect(tmp_path):
    verdicts = judged(tmp_path, HARMLESS)
    assert {name: verdict.words for name, verdict in verdicts.items() if verdict.effects} == {}


def test_an_effect_is_found_at_its_line(tmp_path):
    texts = {
        "a call": "import atexit\n\ndef f():\n    import threading\n    threading.Thread(target=print).start()\nf()",
        "a change": "X = 1\n\ncore.handlers.append(print)\n",
    }
    verdicts = judged(tmp_path, texts)
    assert {name: verdict.effects[0][2].rpartition("/")[2] for name, verdict in verdicts.items()} == {
        "a call": "case_0.py:7",
        "a change": "case_1.py:5",
    }


def test_reading_is_bound_to_what_was_read(tmp_path):
    texts = {
        "one": "import os\nos.environ.get('ACME_A')",
        "the proxies": "import urllib.request\nurllib.request.getproxies()",
        "all": "import os\ndict(os.environ)",
        "none": "import os\ntry: os.environ['\\ud800']\nexcept Exception: pass",
    }
    verdicts = judged(tmp_path, texts)
    assert verdicts["one"].variables == ["ACME_A"]
    assert "https_proxy" in verdicts["the proxies"].variables
    assert not {WHOLE_ENVIRONMENT, "HOME"} & set(verdicts["the proxies"].variables)
    assert WHOLE_ENVIRONMENT in verdicts["all"].variables
    assert verdicts["none"].variables == []
