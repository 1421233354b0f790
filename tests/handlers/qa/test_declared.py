"""The modules that a project may import according to its manifests."""

import pytest

from qa_agent.analysers.declared import Declared, read_script
from qa_agent.analysers.port import SourceFile


def declared(path: str, text: str) -> Declared:
    return Declared([SourceFile(path, "text", text)])


BROUGHT = {
    "Flask": "flask werkzeug jinja2 click itsdangerous markupsafe blinker",
    "fastapi": "fastapi starlette pydantic typing_extensions anyio httpx uvicorn multipart",
    "starlette": "anyio",
    "aws-lambda-powertools": "aws_lambda_powertools typing_extensions jmespath pydantic",
    "chalice": "botocore boto3",
    "pydantic": "typing_extensions annotated_types pydantic_core",
    "requests": "urllib3 certifi idna charset_normalizer",
    "httpx": "httpcore anyio certifi idna h11",
    "aiohttp": "multidict yarl aiosignal frozenlist attr",
    "pandas": "numpy dateutil pytz",
    "scipy": "numpy",
    "matplotlib": "numpy mpl_toolkits pylab",
    "seaborn": "numpy pandas matplotlib",
    "pyarrow": "numpy",
    "scikit-learn": "sklearn numpy scipy joblib",
    "scikit-image": "skimage",
    "xgboost": "numpy scipy",
    "torch": "numpy",
    "opencv-python": "cv2 numpy",
    "opencv-python-headless": "cv2 numpy",
    "tensorflow": "numpy keras",
    "tensorboard": "numpy",
    "sqlalchemy": "typing_extensions greenlet",
    "alembic": "sqlalchemy",
    "sqlmodel": "sqlalchemy pydantic",
    "Flask-SQLAlchemy": "flask_sqlalchemy sqlalchemy flask",
    "Django": "asgiref sqlparse",
    "djangorestframework": "rest_framework",
    "django-cors-headers": "corsheaders",
    "django-allauth": "allauth",
    "celery": "kombu billiard vine",
    "typer": "click rich",
    "rich": "pygments markdown_it",
    "Jinja2": "markupsafe",
    "pytest": "_pytest pluggy iniconfig packaging",
    "boto3": "botocore s3transfer jmespath dateutil urllib3",
    "pyyaml": "yaml _yaml",
    "moto": "boto3 botocore responses",
    "streamlit": "pandas numpy altair",
    "sphinx": "docutils",
    "scrapy": "twisted parsel lxml w3lib",
    "uvicorn": "h11 click",
    "google-genai": "google pydantic httpx",
    "protobuf": "google",
    "grpcio-status": "google",
    "firebase-admin": "google",
    "openai": "httpx pydantic typing_extensions",
    "anthropic": "httpx pydantic typing_extensions",
    "beautifulsoup4": "bs4",
    "pymongo": "bson pymongo",
    "PyMuPDF": "fitz",
    "PyGObject": "gi",
    "mysqlclient": "MySQLdb",
    "setuptools": "pkg_resources",
    "pywin32": "win32api win32con pythoncom",
    "wxPython": "wx",
    "future": "past",
    "fastmcp": "mcp",
    "dbus-python": "dbus",
    "azure-storage-blob": "azure",
    "psycopg[binary]": "psycopg psycopg2",
    "python-dotenv": "dotenv",
    "pillow-simd": "pillow",
}


def test_what_a_distribution_brings_may_be_imported() -> None:
    for distribution, modules in BROUGHT.items():
        found = declared("requirements.txt", f"{distribution}>=1\n")
        assert [module for module in modules.split() if not found.may_bring(module)] == [], distribution
        assert not found.may_bring("quux")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.in", "acme\n"),
        ("deploy/constraints-3.11.txt", "acme==1\n"),
        ("requirements.txt", "-e git+https://example.org/x#egg=acme\n"),
        ("requirements.txt", "https://example.org/acme.git@v1\n"),
        ("requirements.txt", "https://example.org/acme.zip#sha256=0\n"),
        ("requirements.txt", "https://example.org/acme.zip  # a comment\n"),
        ("requirements.txt", "acme @ https://example.org/x.whl\n"),
        ("pyproject.toml", '[dependency-groups]\ndev = ["acme"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nacme = "1"\n'),
        ("pyproject.toml", '[tool.poetry.dev-dependencies]\nacme = "1"\n'),
        ("pyproject.toml", '[tool.uv]\ndev-dependencies = ["acme"]\n'),
        ("pyproject.toml", '[build-system]\nrequires = ["acme"]\n'),
        ("Pipfile", '[dev-packages]\nacme = "*"\n'),
        ("environment.yml", "dependencies:\n  - acme=1\n"),
        ("environment.yaml", "dependencies:\n  - acme=1\n"),
        ("setup.cfg", "install_requires = acme\n"),
        ("setup.py", "setup(install_requires=['acme'])\n"),
    ],
)
def test_every_place_of_a_declaration_is_read(path: str, text: str) -> None:
    found = declared(path, text)
    assert found.manifests == [path]
    assert found.may_bring("acme")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("notes.txt", "acme\n"),
        ("requirements.md", "acme\n"),
        ("package.json", '{"dependencies": {"acme": "1"}}'),
    ],
)
def test_no_other_file_declares_anything(path: str, text: str) -> None:
    found = declared(path, text)
    assert found.manifests == []
    assert not found.may_bring("acme")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[project\n"),
        ("pyproject.toml", "project = 1\ntool = []\n"),
        ("pyproject.toml", "[project]\ndependencies = [1]\n"),
        ("setup.py", "setup(\n"),
        ("requirements.txt", "# acme\n\n-r other.txt\n"),
    ],
)
def test_a_manifest_that_declares_nothing_is_one(path: str, text: str) -> None:
    found = declared(path, text)
    assert found.manifests == [path]
    assert not found.may_bring("acme")


def test_the_manifest_nearest_to_the_root_is_first() -> None:
    paths = ["b/requirements.txt", "a/requirements.txt", "pyproject.toml"]
    found = Declared(SourceFile(path, "text", "") for path in paths)
    assert found.manifests == ["pyproject.toml", "a/requirements.txt", "b/requirements.txt"]


def test_names_are_alike_only_where_enough_of_them_is() -> None:
    assert declared("requirements.txt", "acme-client\n").may_bring("acme")
    assert declared("requirements.txt", "six-more\n").may_bring("six")
    assert not declared("requirements.txt", "io-tools\n").may_bring("io")
    assert declared("requirements.txt", "").may_bring("six", ["six"])


def test_a_script_names_what_it_needs() -> None:
    assert read_script('# /// script\n# dependencies = ["acme>=1", "b"]\n# ///\nimport acme\n') == ["acme", "b"]
    assert read_script("import acme\n") == []
