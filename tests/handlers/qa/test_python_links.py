"""Python across files: missing imports and wrong calls are found, and what may exist is not reported."""

import pytest

from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.python_links import PythonLinks
from qa_agent.analysers.python_modules import list_standard
from shared.models.severity import Severity
from shared.source_files import detect_language

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
    sources = [SourceFile(path, detect_language(path, text), text) for path, text in files.items()]
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
