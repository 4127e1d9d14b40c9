"""A plugin's module may be made by its loader, as extension modules are; what runs meanwhile is the plugin's code, too."""

import importlib.machinery
import shutil
import subprocess
import sysconfig

import pytest

SINGLE_PHASE = """
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "ext", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_ext(void) {
    PyObject *api = PyImport_ImportModule("app.api");
    if (!api) return NULL;
    PyObject *done = PyObject_CallMethod(api, "register", "sO", "t-ext", (PyObject *)&PyUnicode_Type);
    Py_DECREF(api);
    if (!done) return NULL;
    Py_DECREF(done);
    FAIL
    return PyModule_Create(&definition);
}
"""

MULTI_PHASE = """
#include <Python.h>
static int execute(PyObject *module) {
    PyObject *api = PyImport_ImportModule("app.api");
    if (!api) return -1;
    PyObject *done = PyObject_CallMethod(api, "register", "sO", "t-ext", (PyObject *)&PyUnicode_Type);
    Py_DECREF(api);
    if (!done) return -1;
    Py_DECREF(done);
    return 0;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "ext", NULL, 0, NULL, slots};
PyMODINIT_FUNC PyInit_ext(void) { return PyModuleDef_Init(&definition); }
"""

FAIL = 'PyErr_SetString(PyExc_ValueError, "odd"); return NULL;'

# a loader that makes modules itself, as import hooks do
HOOK = """
import importlib.util, sys
class Hook:
    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if name == "app.plugins.hooked" else None
    def create_module(self, spec):
        from app.api import register
        register("made", 1)
        return None
    def exec_module(self, module):
        from app.api import register
        register("executed", 2)
sys.meta_path.append(Hook())
"""


def compiled(application, source):
    """Compile *source* as the plugin `ext`; there is a C compiler wherever Python's tests run."""
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    file = application.write("app/plugins/ext.c", source)
    target = file.with_name(f"ext{suffix}")
    include = sysconfig.get_paths()["include"]
    compiler = shutil.which("gcc") or shutil.which("cc")
    assert compiler
    subprocess.run([compiler, "-shared", "-fPIC", f"-I{include}", file, "-o", target], check=True)
    file.unlink()
    application.settle()


@pytest.mark.parametrize("source", [SINGLE_PHASE, MULTI_PHASE], ids=["single phase", "multi phase"])
@pytest.mark.parametrize("lazy", "01")
def test_what_an_extension_module_registers_is_its_own(application, source, lazy):
    compiled(application, source.replace("FAIL", ""))
    for _ in range(2):
        run = application.run(
            "result['item'] = things['t-ext'].__name__",
            "result['owner'] = things.owner('t-ext').name",
            "import sys; module = sys.modules['app.plugins.ext']; result['spec'] = module.__spec__.name",
            "host.disable('ext'); result['names'] = things.names()",
            APP_PLUGINS_LAZY=lazy,
        )
        assert run.result == {"item": "str", "owner": "ext", "spec": "app.plugins.ext", "names": []}
        assert run.stderr == ""


def test_an_extension_module_that_fails_leaves_nothing_behind(application):
    compiled(application, SINGLE_PHASE.replace("FAIL", FAIL))
    for _ in range(2):
        run = application.run("result['names'] = things.names()", "result['state'] = host.plugin('ext').state")
        assert run.result == {"names": [], "state": "broken"}
        assert "plugin 'ext' could not be imported and is left out: ValueError: odd" in run.stderr


def test_a_loader_that_makes_the_module_itself_runs_in_the_bracket_as_a_whole(application):
    application.plugin("hooked")
    application.write("hook.py", HOOK)
    application.write(
        "app/api.py", (application.code / "app/api.py").read_text().replace("import os", "import os, hook")
    )
    (application.site / "app/plugins/hooked.py").unlink()
    application.write("app/plugins/other.py", "")
    run = application.run(
        "from pegboard.ledger import Plugin",
        "host.start(); host.manager.attribution.add_plugins([plugin := type(host.plugin('other'))('hooked', 'app.plugins.hooked')])"
        "; host.manager.importer.activate(plugin)"
        "; result['owners'] = [things.owner(name).name for name in ('made', 'executed')]",
    )
    assert run["owners"] == ["hooked", "hooked"]
