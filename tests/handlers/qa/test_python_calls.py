"""Python across files: a module's definitions, where it is found, and the signatures of functions and classes."""

import pytest

from tests.handlers.qa.test_python_links import FILES, STORE, check, find


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
