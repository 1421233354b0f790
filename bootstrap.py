"""Makes .venv from requirements.lock; written for any Python so that an old one gets a sentence, not a traceback."""

import glob
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

MINIMUM = (3, 11)
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python")
STAMP = os.path.join(VENV, "installed.txt")
LOCK = os.path.join(ROOT, "requirements.lock")
LOG = os.path.join(VENV, "setup.log")

INTERRUPTED = 130
"""The status with which a shell ends after Ctrl-C."""


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def main(extras, version=sys.version_info):
    """Install the project with `extras` (comma separated) unless exactly that is installed already."""
    if version < MINIMUM:
        raise SetupError(
            "AgenticAI needs Python %d.%d or later, and %s is %s: install one, or name it: make PYTHON=python3.13 ..."
            % (MINIMUM + (sys.executable, ".".join(map(str, version[:3]))))
        )
    if installed() >= wanted(extras):
        return
    with alone(os.path.join(ROOT, "bootstrap.py")):
        if not installed() >= wanted(extras):
            set_up(extras)


def set_up(extras):
    """Install what is wanted, and write the stamp when all of it is there."""
    there = installed_for_this_lock(extras)
    make_venv()
    if os.path.exists(STAMP):
        os.remove(STAMP)
    install(extras)
    make_links_relative()
    with open(STAMP, "w") as stamp:
        stamp.write("\n".join(sorted(wanted(extras) | there)))


@contextmanager
def alone(path):
    """Lock the file for the block, and wait for whoever has locked it; a lock ends with its process."""
    try:
        import fcntl
    except ImportError:  # Windows, where two set-ups at once are left to themselves
        yield
        return
    with open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is setting up; waiting ...")
            sys.stdout.flush()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def wanted(extras):
    """What the stamp must say: one line for each extra, naming the inputs it was installed from."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("pyproject.toml", "requirements.lock", "bootstrap.py"):
        with open(os.path.join(ROOT, name), "rb") as source:
            digest.update(source.read())
    return {digest.hexdigest()[:16] + " " + extra for extra in ["core"] + [e for e in extras.split(",") if e]}


def installed():
    """The stamp's lines; none where nothing was installed or a set-up was cut short."""
    try:
        with open(STAMP) as stamp:
            return set(stamp.read().split("\n"))
    except OSError:
        return set()


def installed_for_this_lock(extras):
    """The stamp's lines that are still true: installing one extra does not take another away."""
    digest = next(iter(wanted(extras))).split(" ")[0]
    return {line for line in installed() if line.startswith(digest)}


def make_venv():
    """Create .venv with uv in it, or keep the one there if it is of this Python and no set-up of it was cut short."""
    same_python = [PYTHON, "-c", "import sys; sys.exit(sys.version != %r)" % sys.version]
    if os.path.exists(STAMP) and os.path.exists(uv()) and run(same_python) == 0:
        return
    print("Creating .venv with Python %s ..." % ".".join(map(str, sys.version_info[:3])))
    sys.stdout.flush()
    shutil.rmtree(VENV, ignore_errors=True)
    command = [sys.executable, "-m", "venv", VENV]
    venv = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    said = venv.communicate()[0].strip()
    if venv.returncode:
        raise SetupError(
            "Python could not create .venv. The last that it said is: %s\nIf it misses ensurepip or venv:"
            " on Debian and Ubuntu, `apt install python3-venv` first." % (said.split("\n")[-1] or "nothing")
        )
    if run([PYTHON, "-m", "pip", "install", "--quiet", "--retries", "1", "--disable-pip-version-check", locked("uv")]):
        raise SetupError(no_packages())


def install(extras):
    """Install the project, editable, with every version held to requirements.lock."""
    print("Installing pinned packages (%s) ..." % (extras or "core"))
    sys.stdout.flush()
    environment = dict(os.environ, VIRTUAL_ENV=VENV)
    if os.environ.get("PIP_INDEX_URL"):
        environment.setdefault("UV_DEFAULT_INDEX", os.environ["PIP_INDEX_URL"])
    target = ROOT + ("[%s]" % extras if extras else "")
    command = [uv(), "pip", "install", "--quiet", "--system-certs", "--compile-bytecode", "-c", LOCK, "-e", target]
    if run(command + cache_options(), environment):
        raise SetupError(no_packages())


def cache_options():
    """The option that has uv do without its cache, where that cannot be written, as with a read-only home."""
    asked = subprocess.Popen([uv(), "cache", "dir"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    folder = os.path.abspath(os.fsdecode(asked.communicate()[0]).strip())
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return [] if os.access(folder, os.W_OK | os.X_OK) else ["--no-cache"]


def make_links_relative():
    """Name this folder relatively where Python looks for it.

    Under LC_ALL=C a Python before 3.12 reads such a file as ASCII, and does not start where the path has other letters.
    """
    for link in glob.glob(os.path.join(glob.escape(VENV), "*", "*", "site-packages", "_agenticai.pth")):
        folder = os.path.dirname(link)
        with open(link, "rb") as file:
            paths = os.fsdecode(file.read()).splitlines()
        with open(link, "wb") as file:
            file.write(os.fsencode("\n".join(os.path.relpath(os.path.join(folder, path), folder) for path in paths)))


def locked(name):
    """The pin `name==version` in requirements.lock."""
    with open(LOCK) as lock:
        return next(line.split()[0] for line in lock if line.startswith(name + "=="))


def uv():
    """The path of uv inside .venv."""
    return os.path.join(BIN, "uv.exe" if os.name == "nt" else "uv")


def run(command, environment=None):
    """Run quietly; what the command said is kept in .venv's log. Return its exit status."""
    try:
        os.makedirs(VENV, exist_ok=True)
        with open(LOG, "ab") as log:
            return subprocess.call(command, env=environment, stdout=log, stderr=log)
    except OSError:
        return 1


def no_packages():
    """What went wrong with the installer, in its own words."""
    try:
        with open(LOG, "rb") as log:
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError as error:
        lines = [str(error)]
    return (
        "The packages could not be installed. The last that the installer said is: %s\nAll of it is in .venv/setup.log."
        " If that is the network, set PIP_INDEX_URL to a mirror in reach; then run the same command again."
        % complaint([line.strip() for line in lines if line.strip()])
    )


def complaint(lines):
    """The last error that pip or uv named, with the causes that it gave; the last line where none is named."""
    said = []
    for line in lines:
        label, _, text = line.partition(": ")
        if label.lower() == "error":
            said = [text]
        elif label == "cause" and said:
            said.append(text)
    return ": ".join(said) or (lines[-1] if lines else "nothing")


if __name__ == "__main__":
    os.environ.update(LC_ALL="C.UTF-8", PYTHONUTF8="1")  # so that all that is started here reads and names any path
    os.environ.pop("COLUMNS", None)  # by which the installers would break the lines of their errors
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "")
    except SetupError as error:
        sys.exit("%s" % error)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; run it again to finish the set-up\n")
        sys.exit(INTERRUPTED)
