"""The dependencies that a Python project declares in any of its manifests, and whether they can provide an import.

No file of the project links a distribution's name with the names of its modules. In most pairs, one contains the other
(`dotenv` and python-dotenv, `yaml` and PyYAML): that is the rule. `_UNLIKE` lists known exceptions, and `_BRINGS` the
modules of dependencies that programs import without declaring them.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from qa_agent.analysers.port import SourceFile

_UNLIKE: Final[Mapping[str, tuple[str, ...]]] = {
    "bs4": ("beautifulsoup4",), "bson": ("pymongo",), "cv2": ("opencv",), "fitz": ("pymupdf",), "gi": ("pygobject",),
    "google": ("protobuf", "grpc", "firebase"), "mpl_toolkits": ("matplotlib",), "mysqldb": ("mysqlclient",),
    "past": ("future",), "pkg_resources": ("setuptools",), "pylab": ("matplotlib",), "pythoncom": ("pywin32",),
    "skimage": ("scikitimage",), "sklearn": ("scikitlearn",), "win32api": ("pywin32",), "win32con": ("pywin32",),
    "wx": ("wxpython",),
}  # fmt: skip
_BRINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "flask": ("werkzeug", "jinja2", "click", "itsdangerous", "markupsafe", "blinker"),
    "fastapi": ("starlette", "pydantic", "typing_extensions", "anyio", "httpx", "uvicorn", "multipart"),
    "starlette": ("anyio",),
    "aws_lambda_powertools": ("typing_extensions", "jmespath", "pydantic"),
    "chalice": ("botocore", "boto3"),
    "pydantic": ("typing_extensions", "annotated_types"),
    "requests": ("urllib3", "certifi", "idna", "charset_normalizer"),
    "httpx": ("httpcore", "anyio", "certifi", "idna", "h11"),
    "aiohttp": ("multidict", "yarl", "aiosignal", "frozenlist", "attr"),
    "pandas": ("numpy", "dateutil", "pytz"),
    "scipy": ("numpy",), "matplotlib": ("numpy",), "seaborn": ("numpy", "pandas", "matplotlib"), "pyarrow": ("numpy",),
    "scikit_learn": ("numpy", "scipy", "joblib"), "xgboost": ("numpy", "scipy"), "torch": ("numpy",),
    "opencv_python": ("numpy",), "opencv_python_headless": ("numpy",), "tensorflow": ("numpy", "keras"),
    "sqlalchemy": ("typing_extensions", "greenlet"), "alembic": ("sqlalchemy",), "sqlmodel": ("sqlalchemy", "pydantic"),
    "django": ("asgiref", "sqlparse"), "celery": ("kombu", "billiard", "vine"),
    "typer": ("click", "rich"), "rich": ("pygments", "markdown_it"), "jinja2": ("markupsafe",),
    "pytest": ("pluggy", "iniconfig", "packaging"), "moto": ("boto3", "botocore", "responses"),
    "streamlit": ("pandas", "numpy", "altair"), "sphinx": ("docutils",),
    "scrapy": ("twisted", "parsel", "lxml", "w3lib"),
    "tensorboard": ("numpy",), "uvicorn": ("h11", "click"), "google_genai": ("pydantic", "httpx"),
    "openai": ("httpx", "pydantic", "typing_extensions"), "anthropic": ("httpx", "pydantic", "typing_extensions"),
    "boto3": ("botocore", "s3transfer", "jmespath", "dateutil", "urllib3"),
}  # fmt: skip
_NAME: Final = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_EGG: Final = re.compile(r"egg=([\w.-]+)")
_SEPARATORS: Final = re.compile(r"[-_.]+")
_WRITTEN_OUT: Final = 3
"""The minimum length of a name for another that contains it to count as the same."""

_REQUIREMENTS: Final = re.compile(r"requirements|constraints")
_SCRIPT: Final = re.compile(r"^# /// script\s*\n((?:#.*\n)*?)# ///", re.MULTILINE)


class Declared:
    """The distributions that manifests declare, and the paths of these manifests, the least nested first."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.manifests: list[str] = []
        self._names: set[str] = set()
        for file in sorted(files, key=lambda file: (file.path.count("/"), file.path)):
            names = _read_manifest(file)
            if names is not None:
                self.manifests.append(file.path)
                self._names.update(map(_normalize, names))

    def may_bring(self, module: str, more: Iterable[str] = ()) -> bool:
        """Return whether a top-level module can come from a declared distribution, or from one in `more`."""
        module = _normalize(module)
        names = self._names.union(map(_normalize, more))
        if any(module in _BRINGS.get(name, ()) for name in names):
            return True
        return any(_matches_distribution(module, name) for name in names)


def read_script(text: str) -> list[str]:
    """Return the distributions that a script declares in a comment (PEP 723)."""
    found = _SCRIPT.search(text)
    if not found:
        return []
    content = "\n".join(line.removeprefix("#") for line in found[1].split("\n"))
    return list(_read_names(_load_toml(content).get("dependencies")))


def _matches_distribution(module: str, distribution: str) -> bool:
    bare, plain = module.replace("_", ""), distribution.replace("_", "")
    if bare == plain or any(unlike in plain for unlike in _UNLIKE.get(module, ())):
        return True
    shorter = min(len(bare), len(plain))
    return shorter >= _WRITTEN_OUT and (bare in plain or plain in bare)


def _normalize(name: str) -> str:
    return _SEPARATORS.sub("_", name).lower()


def _read_manifest(file: SourceFile) -> list[str] | None:
    """Return the names that a manifest declares; None if the file is not a manifest."""
    name = PurePosixPath(file.path).name.lower()
    if _REQUIREMENTS.search(file.path.lower()) and name.endswith((".txt", ".in")):
        return list(_read_requirements(file.text))
    match name:
        case "pyproject.toml":
            return list(_read_pyproject(_load_toml(file.text)))
        case "pipfile":
            pipfile = _load_toml(file.text)
            return [*_read_names(pipfile.get("packages")), *_read_names(pipfile.get("dev-packages"))]
        case "setup.py":
            return _read_strings(file.text)
        case "setup.cfg" | "environment.yml" | "environment.yaml":
            return [word for line in file.text.split("\n") for word in re.findall(r"[A-Za-z][\w.-]+", line)]
        case _:
            return None


def _read_requirements(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        egg = _EGG.search(line)
        match = _NAME.match(line)
        if egg:
            yield egg[1]
        elif "://" in line and "@" not in line.partition("://")[0]:
            yield PurePosixPath(line.partition("#")[0].partition("@")[0].strip()).stem
        elif match:
            yield match[1]


def _read_pyproject(document: Mapping[str, Any]) -> Iterator[str]:
    project, tool = _get_table(document, "project"), _get_table(document, "tool")
    poetry = _get_table(tool, "poetry")
    yield from _read_names(project.get("dependencies"))
    for groups in (_get_table(project, "optional-dependencies"), _get_table(document, "dependency-groups")):
        for group in groups.values():
            yield from _read_names(group)
    for table in (poetry, *_get_table(poetry, "group").values()):
        if isinstance(table, dict):
            yield from _read_names(table.get("dependencies"))
            yield from _read_names(table.get("dev-dependencies"))
    yield from _read_names(_get_table(tool, "uv").get("dev-dependencies"))
    yield from _read_names(_get_table(document, "build-system").get("requires"))


def _get_table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _read_names(requirements: object) -> Iterator[str]:
    """Yield the distribution names in a list of requirements, or in a table's keys."""
    for item in requirements if isinstance(requirements, list | dict) else ():
        match = _NAME.match(item) if isinstance(item, str) else None
        if match:
            yield match[1]


def _load_toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _read_strings(text: str) -> list[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    strings = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [match[1] for value in strings if isinstance(value, str) and (match := _NAME.match(value))]
