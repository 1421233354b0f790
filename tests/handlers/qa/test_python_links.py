"""Python across files: what is imported or called though it is not there is found, and what may be there is not."""

import pytest

from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.python_links import PythonLinks
from qa_agent.analysers.python_modules import list_standard
from shared.models.severity import Severity
from shared.source_files import language_of

STORE = """\
from dataclasses import dataclass

LIMIT = 3

@dataclass(frozen=True)
class Item:
    title: str
    done: bool = False

class Store:
    def __init__(self, path, *, limit=LIMIT):
        self.path = path

    def add(self, title):
        return self.find(title)

    def find(self, title, exact=False):
        return None

def load(path, mode="r"):
    return Store(path)
"""
FILES = {"todo/__init__.py": "", "todo/store.py": STORE, "requirements.txt": "flask>=3\npython-dotenv\n"}


def find(files: dict[str, str]) -> list[Fault]:
    analyser = PythonLinks()
    sources = [SourceFile(path, language_of(path, text), text) for path, text in files.items()]
    return list(analyser.check([source for source in sources if analyser.reads(source)]))


def check(files: dict[str, str]) -> list[tuple[str, int, str, str]]:
    return [(fault.path, fault.line, fault.severity.value, fault.message) for fault in find(files)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from todo.storage import Store\n", "there is no module todo.storage"),
        ("import todo.storage\n", "there is no module todo.storage"),
        ("from .storage import Store\n", "there is no module todo.storage"),
        ("from .. import other\n", "todo has no other"),
        ("from ... import other\n", "a relative import leaves the project"),
        ("from todo.store import Stor\n", "todo.store has no Stor"),
        ("from todo import store\nstore.lode('a')\n", "todo.store has no lode"),
        ("from todo.store import load\nload()\n", "load is called without path"),
        ("from todo.store import load\nload('a', 'r', 1)\n", "takes 2 positional arguments, 3 are given"),
        ("from todo.store import load\nload('a', moed='r')\n", "has no parameter moed"),
        ("from todo.store import load\nload('a', path='r')\n", "gets the argument path twice"),
        ("from todo import store as s\ns.load()\n", "s.load is called without path"),
        ("import todo.store as s\ns.load()\n", "s.load is called without path"),
        ("import todo\ntodo.lode\n", "todo has no lode"),
        ("from todo.store import Store\nStore()\n", "Store is called without path"),
        ("from todo.store import Store\nStore('a', 3)\n", "takes 1 positional arguments, 2 are given"),
        ("from todo.store import Item\nItem(done=True)\n", "Item is called without title"),
        ("from todo.store import Item\nItem('a', True, 1)\n", "takes 2 positional arguments, 3 are given"),
        ("def f(a):\n    return a\n\nf()\n", "f is called without a"),
        (
            "class A:\n    def f(self, a):\n        return self.g(a)\n    def g(self):\n        return 1\n",
            "self.g takes 0",
        ),
    ],
)
def test_what_is_not_there_is_found(text: str, words: str) -> None:
    depth = "todo/web/app.py" if text.startswith("from ..") else "todo/app.py"
    (fault,) = find({**FILES, depth: text})
    assert words in fault.message
    of_a_call = any(word in words for word in ("takes", "called", "parameter", "argument"))
    assert (fault.path, fault.rule, fault.severity) == (depth, "call" if of_a_call else "import", Severity.ERROR)
    assert fault.line == (3 if "self" in text else text.count("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "import json, os.path\nfrom xml.etree import ElementTree\n",
        "import flask, werkzeug, dotenv, boto3\n",
        "from todo import store\nfrom todo.store import Store, LIMIT\nstore.load('a')\nStore('a', limit=2)\n",
        "from . import store\nfrom .store import *\nfrom todo import *\n",
        "import todo.store\ntodo.store.load('a')\n",
        "try:\n    import uvloop\nexcept ImportError:\n    uvloop = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import uvloop\n",
        "from todo.store import load\n\ndef g(load):\n    load()\n",
        "from todo.store import load\nload(*['a'])\nload(**{})\n",
        "import pytest\nfrom todo.store import load\nwith pytest.raises(TypeError):\n    load()\n",
        "def f(a): ...\nf = print\nf()\n",
        "import functools\n@functools.cache\ndef f(a): ...\nf()\n",
        "class A(dict):\n    def f(self, a):\n        return self.f()\n",
        "from todo import store\nif hasattr(store, 'dump'):\n    store.dump()\n",
        "from todo.store_pb2 import Item\n",
    ],
)
def test_what_may_be_there_is_right(text: str) -> None:
    assert check({**FILES, "todo/test_app.py": text}) == []


def test_a_module_whose_names_cannot_be_told_has_any() -> None:
    assert check({"a.py": "from os.path import *\n", "b.py": "from a import join\n"}) == []
    assert check({"a.py": "def __getattr__(name): ...\n", "b.py": "from a import join\n"}) == []
    assert check({"a.py": "globals().update(x=1)\n", "b.py": "from a import x\n"}) == []


@pytest.mark.parametrize("path", ["src/todo/store.py", "services/a/store.py", "src/store.py"])
def test_a_program_may_begin_in_any_folder(path: str) -> None:
    module = path.removeprefix("src/").removeprefix("services/a/").removesuffix(".py").replace("/", ".")
    main = f"{path.rpartition('/')[0]}/main.py"
    assert check({path: STORE, main: f"from {module} import Store\n"}) == []


def test_what_no_manifest_declares_is_told_where_it_can_be_mended() -> None:
    files = {**FILES, "todo/app.py": "import json\nimport requests\n"}
    assert check(files) == [
        ("requirements.txt", 1, "error", "requests, which todo/app.py imports in line 2, is not declared")
    ]
    del files["requirements.txt"]
    assert [found[:3] for found in check(files)] == [("todo/app.py", 2, "warning")]


@pytest.mark.parametrize(
    ("path", "text", "module"),
    [
        ("web/requirements.txt", "# c\nPyYAML==6 ; python_version > '3'\n", "yaml"),
        ("requirements/dev.txt", "git+https://example.org/acme-client.git@main\n", "acme_client"),
        ("pyproject.toml", '[project]\ndependencies = ["beautifulsoup4>=4"]\n', "bs4"),
        ("pyproject.toml", '[project.optional-dependencies]\nimages = ["pillow"]\n', "PIL"),
        ("pyproject.toml", '[dependency-groups]\ndev = ["scikit-learn"]\n', "numpy"),
        ("pyproject.toml", '[tool.poetry.group.dev.dependencies]\nopencv-python = "^4"\n', "cv2"),
        (
            "setup.py",
            "from setuptools import setup\nsetup(install_requires=['google-cloud-storage>=2'])\n",
            "google.cloud",
        ),
        ("Pipfile", '[packages]\npyjwt = "*"\n', "jwt"),
        ("setup.cfg", "[options]\ninstall_requires =\n    psycopg2-binary\n", "psycopg2"),
    ],
)
def test_manifests_of_every_kind_are_read(path: str, text: str, module: str) -> None:
    files = {path: text, "app.py": f"import {module}\nimport quux\n"}
    assert [message.split(",")[0] for _, _, _, message in check(files)] == ["quux"]


def test_a_script_declares_for_itself() -> None:
    script = '# /// script\n# dependencies = [\n#   "httpx",\n# ]\n# ///\nimport httpx\n'
    assert check({"requirements.txt": "", "run.py": script}) == []


def test_what_lambda_or_the_tests_have_needs_no_declaration() -> None:
    for module in ("boto3", "botocore", "s3transfer", "awslambdaric", "setuptools", "pkg_resources", "pip", "wheel"):
        assert check({"app.py": f"import {module}\n"}) == [], module
    for module in ("pytest", "_pytest", "hypothesis", "mock"):
        for path in ("test_app.py", "conftest.py", "a/conftest.py"):
            assert check({path: f"import {module}\n"}) == [], module
        (fault,) = find({"app.py": f"import {module}\n"})
        assert (fault.rule, fault.severity) == ("undeclared-dependency", Severity.WARNING)


def test_what_was_or_will_be_in_the_standard_library_is() -> None:
    past = """
        aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib
        ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib __main__ _typeshed annotationlib compression
        """
    assert list_standard(frozenset()) == {*past.split()}
    assert check({"requirements.txt": "", "app.py": "import json\nimport telnetlib\nimport compression.zstd\n"}) == []


def test_what_is_built_or_compiled_may_be_imported() -> None:
    for ending in ("_pb2", "_pb2_grpc", "_version", "__version__"):
        assert check({**FILES, "todo/app.py": f"from todo.store{ending} import x\nimport todo.a{ending}\n"}) == [], (
            ending
        )
    for suffix in (".pyx", ".pxd", ".c", ".cc", ".cpp", ".rs", ".so", ".pyd", ".pyi", ".cpython-313-x86.so"):
        files = {**FILES, f"todo/fast{suffix}": "", "todo/app.py": "from todo.fast import x\nimport fast\n"}
        assert check(files) == [], suffix
    assert len(check({**FILES, "todo/fast.txt": "", "todo/app.py": "from todo.fast import x\nimport fast\n"})) == 2


def test_only_what_may_be_or_declare_a_module_is_read() -> None:
    for language in ("python", "toml", "text", "ini", "yaml", "c", "cpp", "rust"):
        assert PythonLinks().reads(SourceFile("a", language, "")), language
    for language in ("json", "markdown", "javascript"):
        assert not PythonLinks().reads(SourceFile("a", language, "")), language


@pytest.mark.parametrize(
    "body",
    [
        "def f(self):\n    self.g(1, 2)\n  @staticmethod\n  def g(a): ...",
        "def f(self):\n    self.g(1, 2)\n  def g(this, a): ...",
        "def f(self):\n    self.g(1, 2)\n  def g(self): ...\n  def g(self, a, b): ...",
        "def f(self):\n    self.g = print\n    self.g(1, 2)\n  def g(self): ...",
        "def f(self, other):\n    other.g(1, 2)\n  def g(self): ...",
        "def f(self):\n    with raises(TypeError):\n      self.g(1, 2)\n  def g(self): ...",
        "def f(self):\n    try:\n      self.g(1, 2)\n    except TypeError: ...\n  def g(self): ...",
        "def f(this):\n    self.g(1, 2)\n  def g(self): ...",
        "@decorate\n  def f(self):\n    self.g(1, 2)\n  def g(self): ...",
    ],
)
def test_a_method_is_called_as_it_is_defined_only_where_that_is_sure(body: str) -> None:
    assert check({"a.py": f"class A:\n  {body}\n"}) == []


def test_a_class_that_may_get_its_methods_from_elsewhere_has_any() -> None:
    body = "  def f(self):\n    self.g(1, 2)\n  def g(self): ...\n"
    assert len(check({"a.py": f"class A:\n{body}"})) == 1
    for head in ("class A(dict):", "class A(metaclass=M):", "@decorate\nclass A:"):
        assert check({"a.py": f"{head}\n{body}"}) == []


@pytest.mark.parametrize(
    ("files", "text", "words"),
    [
        ({"__init__.py": "", "store.py": STORE}, "from .store import Store\n", ""),
        ({"store.py": STORE}, "from .store import Store\n", "a relative import leaves the project"),
        ({"a/b/c.py": ""}, "import a\nimport a.b\nimport b.c\nimport c\nfrom a.b import c\n", ""),
        ({"a/b/c.py": ""}, "import a.c\n", "there is no module a.c"),
        ({"a/__init__.py": "", "a/b/__init__.py": "x = 1\n"}, "from a.b import x\n", ""),
        ({"a/__init__.py": "", "a/b/__init__.py": "x = 1\n"}, "from a.b import y\n", "a.b has no y"),
        ({"a/__init__.py": "", "a/b.py": ""}, "import b\n", ""),
        ({"a/s.py": "def f(x): ...\n", "b/s.py": "def f(): ...\n"}, "from s import f\nf()\n", ""),
        ({"a/s.py": "def f(x): ...\n"}, "from s import f\nf()\n", "f is called without x"),
        ({"a/s.py": "x = 1\n", "b/s.py": "y = 1\n"}, "from s import y\n", ""),
        ({"a/s.py": "x = 1\n", "b/s.py": "y = 1\n"}, "from s import z\n", "s has no z"),
        ({"s.py": "", "b/s.py": "y = 1\n"}, "from s import y\n", "s has no y"),
    ],
)
def test_modules_are_found_from_the_project_and_from_every_folder(files: dict[str, str], text: str, words: str) -> None:
    found = [message for path, _, _, message in check({**files, "app.py": text}) if path == "app.py"]
    assert len(found) == bool(words)
    assert words in "".join(found)


def test_an_import_that_need_not_happen_is_only_a_warning() -> None:
    declared = {"requirements.txt": "flask\n"}
    for text, severity in (
        ("import requests\n", "error"),
        ("class A:\n    import requests\n", "error"),
        ("if __name__ == '__main__':\n    import requests\n", "error"),
        ("for a in b:\n    import requests\n", "error"),
        ("def f():\n    import requests\n", "warning"),
        ("def f():\n    for a in b:\n        import requests\n", "warning"),
        ("async def f():\n    with a:\n        from requests import get\n", "warning"),
        ("try:\n    import requests\nexcept ValueError: ...\n", "error"),
    ):
        assert [found[2] for found in check({**declared, "app.py": text})] == [severity], text
    for text in (
        *(f"try:\n    import requests\nexcept {name}: ...\n" for name in ("ImportError", "ModuleNotFoundError")),
        *(f"try:\n    import requests\nexcept{name}: ...\n" for name in ("", " Exception", " (OSError, ImportError)")),
        "try:\n    import requests\nexcept ValueError: ...\nexcept ImportError: ...\n",
        "with suppress(ImportError):\n    import requests\n",
        "if a:\n    import requests\n",
    ):
        assert check({**declared, "app.py": text}) == [], text


def test_every_module_has_the_names_that_python_gives_it() -> None:
    for name in ("name", "doc", "file", "path", "package", "spec", "loader", "dict", "builtins"):
        assert check({**FILES, "todo/app.py": f"from todo import store\nstore.__{name}__\n"}) == [], name
    assert len(check({**FILES, "todo/app.py": "from todo import store\nstore.__other__\n"})) == 1


@pytest.mark.parametrize(
    ("defining", "names"),
    [
        ("def f(): ...\nasync def g(): ...\nclass A: ...\n", "f g A"),
        ("import a.b\nimport c.d as e\nfrom f import g, h as i\n", "a e g i"),
        ("a, (b, *c) = d = 1\nfor e in f: ...\nwith g as h: ...\n", "a b c d e h"),
        ("if (a := 1):\n    b = 2\ntry: ...\nexcept OSError as c: ...\n", "a b c"),
        ("match x:\n    case {'a': a, **b}: ...\n    case [c, *d]: ...\n    case e: ...\n", "a b c d e"),
        ("def f():\n    global a\n    a = 1\n", "f a"),
        ("a: int = 1\nb += 1\ndel c\n", "a b c"),
    ],
)
def test_every_way_to_define_a_name_is_known(defining: str, names: str) -> None:
    imported = f"from defining import {', '.join(names.split())}\n"
    assert [fault for fault in find({"defining.py": defining, "app.py": imported}) if fault.rule == "import"] == []
    *_, fault = find(
        {"defining.py": f"{defining}def other():\n    inner = 1\n", "app.py": "from defining import inner\n"}
    )
    assert fault.message == "defining has no inner"


def test_a_module_that_fills_its_own_names_has_any() -> None:
    for text in (
        "globals()['x'] = 1\n", "vars()['x'] = 1\n", "setattr(m, 'x', 1)\n", "locals()['x'] = 1\n", "exec('x = 1')\n",
        "import sys\nsys.modules[__name__] = make()\n", "from os import *\n", "__getattr__ = make()\n",
    ):  # fmt: skip
        assert check({"a.py": text, "b.py": "from a import x\n"}) == [], text
    for text in ("import sys\nprint(sys.modules['a'])\n", "other()['x'] = 1\n", "def f():\n    globals()['x'] = 1\n"):
        assert len(check({"a.py": text, "b.py": "from a import x\n"})) == 1, text


HEAD = "def f(a, b, /, c, d=1, *, e, g=2): ...\n"


@pytest.mark.parametrize(
    ("definition", "call", "objection"),
    [
        (HEAD, "f(1, 2, 3, e=1)", ""),
        (HEAD, "f(1, 2, c=3, d=4, e=1, g=5)", ""),
        (HEAD, "f(1, 2, 3, 4, 5, e=1)", "takes 4 positional arguments, 5 are given"),
        (HEAD, "f(1, 2, 3)", "is called without e"),
        (HEAD, "f(1, e=1)", "is called without b, c"),
        (HEAD, "f(1, b=2, c=3, e=1)", "has no parameter b"),
        (HEAD, "f(1, 2, 3, c=3, e=1)", "gets the argument c twice"),
        (HEAD, "f(*x)", ""),
        (HEAD, "f(**x)", ""),
        ("def f(a, /, *b, **c): ...\n", "f(1, 2, 3, a=1, d=4)", ""),
        ("def f(*b, c): ...\n", "f(1, 2)", "is called without c"),
        ("@cache\ndef f(a): ...\n", "f()", ""),
        ("async def f(a): ...\n", "f()", "is called without a"),
        ("class f: ...\n", "f(1)", "takes 0 positional arguments, 1 are given"),
        ("class f:\n    def __init__(self, a): ...\n    def b(self): ...\n", "f()", "is called without a"),
        ("class f:\n    def __new__(cls, a): ...\n", "f()", ""),
        ("class f:\n    @wraps\n    def __init__(self, a): ...\n", "f()", ""),
        ("class f:\n    def __init__(self, a): ...\n    def __new__(cls, a): ...\n", "f()", ""),
        ("class f(dict): ...\n", "f(1)", ""),
        ("class f(metaclass=M): ...\n", "f(1)", ""),
        ("@decorate\nclass f: ...\n", "f(1)", ""),
        ("@dataclass\nclass f:\n    a: int\n    b: int = 1\n", "f(b=1)", "is called without a"),
        ("@dataclass\nclass f:\n    a: int\n    b = 1\n    c: ClassVar[int] = 1\n", "f(1, 2)", "takes 1 positional"),
        ("@dataclasses.dataclass(frozen=True, slots=True)\nclass f:\n    a: int\n", "f()", "is called without a"),
        ("@dataclass(order=True, eq=True, unsafe_hash=True, repr=False)\nclass f:\n    a: int\n", "f()", "without a"),
        ("@dataclass(kw_only=True)\nclass f:\n    a: int\n", "f(1)", ""),
        ("@dataclass(init=False)\nclass f:\n    a: int\n", "f()", ""),
        ("@final\n@dataclass\nclass f:\n    a: int\n", "f()", ""),
        ("@dataclass\nclass f:\n    a: int\n    def __init__(self): ...\n", "f()", ""),
        ("@dataclass\nclass f:\n    _: KW_ONLY\n    a: int\n", "f(1)", ""),
        ("@dataclass\nclass f:\n    a: InitVar[int]\n", "f()", ""),
        ("@dataclass\nclass f:\n    a: int = field(init=False)\n", "f(1)", ""),
        ("def f(a): ...\nf = g\n", "f()", ""),
    ],
)
def test_a_call_is_held_against_its_definition(definition: str, call: str, objection: str) -> None:
    for files in (
        {"a.py": f"{definition}\n{call}\n"},
        {"m.py": definition, "a.py": f"from m import f\n{call}\n"},
        {"m.py": definition, "a.py": f"import m\nm.{call}\n"},
    ):
        found = [message for path, _, _, message in check(files) if path == "a.py"]
        assert len(found) == bool(objection)
        assert objection in "".join(found)
