"""Whatever a distribution would put in the place of somebody else's file is found before it is installed."""

from __future__ import annotations

import sys

import pytest

from pegboard.sources import Sources
from pegboard.tools.installing.placement import Environment, Trespasses, clashes_between, module_of, plain
from pegboard.tools.installing.unpacked import own_modules, unpacked_in

TAG = sys.implementation.cache_tag
INSTALLED = {
    "app/__init__.py": "app",
    "app/api.py": "app",
    "app/log/file.py": "app",
    "app/plugins/__init__.py": "app",
    "app/plugins/csv.py": "app",
    "app-1.0.dist-info/RECORD": "app",
    "../../bin/app": "app",
    "acme.py": "acme",
    "acme_fast.so": "acme",
    "pack/__init__.py": "acme",
    "acme-1.0.dist-info/RECORD": "acme",
    "../../share/man/acme.1": "acme",
    "../../bin/acme": "acme",
}
UNOWNED = {
    "../../pyvenv.cfg": "home",
    "../../bin/mine": "#!sh\nrun",
    "_virtualenv.pth": "import _virtualenv",
    "_virtualenv.py": "",
}


class World:
    """An environment in a folder, and distributions that are unpacked beside it as an installer unpacks them."""

    def __init__(self, root):
        self.root = root
        self.prefix = root / "env"
        self.site = self.prefix / "lib/site"
        for path, text in {**dict.fromkeys(INSTALLED, ""), **UNOWNED}.items():
            file = self.site / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.resolve().parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.folder = root / "unpacked"

    def bring(self, *files, name="evil", scripts=(), hidden=(), text=""):
        """Unpack a distribution; *hidden* files are not on its list."""
        info = f"{name}-1.0.dist-info"
        listed = [f"app/plugins/{name}.py", *files, f"{info}/METADATA", f"{info}/entry_points.txt", f"{info}/RECORD"]
        points = "".join(f"{script} = evil:main\n" for script in scripts)
        contents = dict.fromkeys([*listed, *hidden], text) | {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/entry_points.txt": f"[console_scripts]\n{points}",
            f"{info}/RECORD": "".join(f'"{path}",,\n' for path in listed),
        }
        for path, content in contents.items():
            file = self.folder / plain(path).lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        for script in scripts:
            if "/" not in script and script != "..":
                (self.folder / "bin").mkdir(exist_ok=True)
                (self.folder / "bin" / script).write_text(f"#!/unpacked/python\n{text}")

    def trespasses(self, *, replaced=(), ignores_case=False):
        owners = {str((self.site / path).resolve()): owner for path, owner in INSTALLED.items()}
        paths = {"scripts": self.prefix / "bin", "data": self.prefix, "purelib": self.site, "platlib": self.site}
        environment = Environment(owners, {key: str(path) for key, path in paths.items()}, ignores_case=ignores_case)
        packages = {"app": None, "app/plugins": None}
        own = own_modules(packages, "app", INSTALLED)
        unpacked = unpacked_in(str(self.folder), Sources("app"))
        found = {
            each.key: Trespasses(each, environment, packages=packages, own=own, replaced=replaced).found()
            for each in unpacked
        }
        for culprit, text in clashes_between(unpacked):
            found[culprit.key].append(text)
        return found


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


HOSTILE = {
    "a module of the application": "app/api.py",
    "one in a folder of it": "app/log/other.py",
    "one of its plugins": "app/plugins/csv.py",
    "a folder in the place of a module": "app/api/__init__.py",
    "an extension module in its place": "app/api.cpython-311-x86_64-linux-gnu.so",
    "its compiled code": f"app/__pycache__/api.{TAG}.pyc",
    "its optimised compiled code": f"app/__pycache__/api.{TAG}.opt-2.pyc",
    "the compiled code of a plugin of it": f"app/plugins/__pycache__/csv.{TAG}.pyc",
    "compiled code without its source": "app/api.pyc",
    "its package file": "app/__init__.py",
    "its compiled package file": f"app/plugins/__pycache__/__init__.{TAG}.pyc",
    "a module in the place of the package": "app.py",
    "a module in the place of its plugins": "app/plugins.py",
    "capital letters": "App/API.py",
    "a detour": "evil/../app/api.py",
    "a dot": "./app/./api.py",
    "separators of Windows": "app\\api.py",
    "a file of another distribution": "acme.py",
    "code in the place of another's": "acme/__init__.py",
    "an extension in the place of another's": "pack.abi3.so",
    "another's compiled code": f"__pycache__/acme.{TAG}.pyc",
    "another's list of files": "acme-1.0.dist-info/RECORD",
    "metadata of what is not installed": "ghost-1.0.dist-info/METADATA",
    "metadata of the application": "app-9.0.dist-info/METADATA",
    "metadata of a build": "acme.egg-info",
    "data": "share/man/acme.1",
    "data in the place of a module": "lib/site/app/api.py",
    "data in the place of compiled code": f"lib/site/app/__pycache__/api.{TAG}.pyc",
    "data in the place of the environment's settings": "pyvenv.cfg",
    "a script": "bin/app",
    "a script in a folder of Windows": "Scripts/app",
    "a script of another distribution": "../../bin/acme",
    "a script that nobody owns": "bin/mine",
    "the interpreter": "bin/python3",
    "a program of the environment": "bin/activate.fish",
    "what runs at each start": "sitecustomize.py",
    "what runs at each start, in a folder": "usercustomize/__init__.py",
    "its compiled code, too": f"__pycache__/sitecustomize.{TAG}.pyc",
    "a file that makes Python run code": "_virtualenv.pth",
    "the code that it runs": "_virtualenv.py",
    "an absolute path": "/etc/passwd",
    "a drive": "C:/Windows/system.ini",
}


@pytest.mark.parametrize("path", HOSTILE.values(), ids=HOSTILE)
def test_it_is_found(world, path):
    world.bring(path)
    assert world.trespasses()["evil"] != []


@pytest.mark.parametrize("path", [path for path in HOSTILE.values() if path == plain(path).lstrip("/")])
def test_it_is_found_though_the_list_of_files_does_not_have_it(world, path):
    world.bring(hidden=[path])
    assert world.trespasses()["evil"] != []


@pytest.mark.parametrize("name", ["app", "acme", "mine", "python", "activate", "../../x", "a/b", ".."])
def test_a_program_is_found(world, name):
    world.bring(scripts=[name])
    (line,) = [line for line in world.trespasses()["evil"] if "the program" in line]
    assert repr(name) in line


HARMLESS = {
    "a package": ["evil/__init__.py", "evil/data/app.py", "evil/api.py"],
    "compiled code of its own": [f"app/plugins/__pycache__/evil.{TAG}.pyc"],
    "a type stub for another's": ["acme.pyi"],
    "a start-up file of its own": ["evil.pth"],
    "data of its own": ["share/man/evil.1", "etc/evil.toml"],
    "a program of its own": ["bin/evil"],
    "a name that begins alike": ["acme_x.py", "application/api.py", "app_api.py"],
    "a module called like a plugin elsewhere": ["evil/plugins/csv.py"],
    "capital letters where they count": ["Acme.py"],
}


@pytest.mark.parametrize("files", HARMLESS.values(), ids=HARMLESS)
def test_what_is_its_own_is_not(world, files):
    world.bring(*files)
    assert world.trespasses() == {"evil": []}


def test_where_capital_letters_do_not_count_another_spelling_is_found(world):
    world.bring("Acme.py")
    assert world.trespasses(ignores_case=True)["evil"] == ["Acme.py, which acme brings"]


def test_another_spelling_by_combining_letters_is_found(world):
    (world.site / "cafe\u0301.py").write_text("")
    INSTALLED["cafe\u0301.py"] = "acme"
    try:
        world.bring("caf\u00e9.py")
        assert world.trespasses()["evil"] == ["caf\u00e9.py, which acme brings"]
    finally:
        del INSTALLED["cafe\u0301.py"]


def test_what_is_replaced_at_the_same_time_is_not_in_the_way(world):
    world.bring("acme.py")
    assert world.trespasses(replaced={"acme"}) == {"evil": []}


def test_the_next_version_of_a_distribution_takes_its_own_places(world):
    world.bring("acme.py", "bin/acme", "share/man/acme.1", name="acme")
    assert world.trespasses()["acme"] == []


def test_a_program_that_an_interrupted_install_has_left_is_not_in_the_way(world):
    (world.prefix / "bin/left").write_text("#!/env/python\nthe same")
    world.bring(scripts=["left"], text="the same")
    assert world.trespasses()["evil"] == []


def test_a_file_that_an_interrupted_install_has_left_is_not_in_the_way(world):
    (world.site / "evil.py").write_text("half of it")
    world.bring("evil.py")
    assert world.trespasses()["evil"] == []


def test_two_that_are_installed_together_may_not_bring_one_file(world):
    world.bring("shared.py", name="one")
    world.bring("shared.py", name="two")
    first, second = sorted(world.trespasses().values(), key=len)
    assert first == []
    assert len(second) == 1
    assert "shared.py, which" in second[0]


NAMESPACES = {
    "one that others share": ("app", "appplug"),
    "one inside the application": ("app", "app/ext/kinds"),
    "of an application inside a package": ("acme/app", "acme/app/plugins"),
    "none": ("app",),
}


@pytest.mark.parametrize("packages", NAMESPACES.values(), ids=NAMESPACES)
@pytest.mark.parametrize("is_recorded", [True, False])
def test_the_applications_own_modules_are_known_in_any_namespace(world, packages, is_recorded):
    files = [f"{package}/{name}" for package in packages for name in ("__init__.py", "own.py", "sub/deep.py")]
    for path in files:
        file = world.site / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    folders = {package: str(world.site / package) for package in packages}
    own = own_modules(folders, "app", dict.fromkeys(files, "app") if is_recorded else {})
    assert own >= {f"{package}/{name}" for package in packages for name in ("own", "sub")}
    namespace = packages[-1].replace("/", ".") if len(packages) > 1 else ""
    environment = Environment({}, {"scripts": "s", "data": "d", "purelib": "p", "platlib": "p"})

    def refused(path):
        world.bring(path, name="acme")
        (unpacked,) = unpacked_in(str(world.folder), Sources("app", namespace=namespace))
        found = Trespasses(unpacked, environment, packages=packages, own=own, replaced=()).found()
        return any(path in line for line in found)

    for package in packages:
        assert refused(f"{package}/own.py")
        assert refused(f"{package}/sub/more.py")
        assert not refused(f"{package}/other.py")
        assert refused(f"{package}/__init__.py") == (package != "appplug")


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("a/b.py", "a/b"),
        ("a/b/__init__.py", "a/b"),
        (f"a/__pycache__/b.{TAG}.pyc", "a/b"),
        (f"a/__pycache__/__init__.{TAG}.pyc", "a"),
        ("a.cpython-311-x86_64-linux-gnu.so", "a"),
        ("a/b.pyi", ""),
        ("a/README", ""),
        ("a/b.toml", ""),
    ],
)
def test_the_module_that_a_file_is(path, module):
    assert module_of(path) == module


def test_a_distribution_whose_entry_points_contribute_counts_as_a_plugin(tmp_path):
    info = tmp_path / "acme_csv-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-csv\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[app.readers]\ncsv = acme_csv:Reader\n")
    (unpacked,) = unpacked_in(str(tmp_path), Sources("app", registries=[("readers", ("app.readers",))]))
    assert unpacked.plugins == ["acme-csv"]
    (unpacked,) = unpacked_in(str(tmp_path), Sources("app"))
    assert unpacked.plugins == []
