"""The file system that code in the sandbox sees: the system read-only, one writable folder, nothing else."""

import os
from typing import Final

from runner.sandbox.inside import kernel
from runner.sandbox.inside.job import Job

WORK: Final = "/work"
"""The only writable folder; its size is limited, and it is deleted with the sandbox."""

PACKAGES: Final = "/packages"
"""The folder of packages that Python can import."""

USER: Final = 1000
"""The id of the unprivileged user inside."""

_BASE, _OLD = "/tmp", "/.old"  # noqa: S108 - only where the new root is put together, unseen by others
_TEMPORARY: Final = "/tmp"  # noqa: S108 - a folder of the sandbox's own
_PROTECTED: Final = kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_DEVICES
_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/etc/alternatives")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_LINKS: Final = {
    "/tmp": "work/tmp",  # noqa: S108
    "/var/tmp": "../work/tmp",  # noqa: S108
    "/dev/shm": "../work/tmp",  # noqa: S108
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}
_FILES: Final = {
    "/etc/passwd": f"sandbox:x:{USER}:{USER}::{WORK}:/bin/sh\n",
    "/etc/group": f"sandbox:x:{USER}:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
}


def build(job: Job) -> None:
    """Replace the machine's file system with the view. Raises `OSError`, with the failed step as its file name."""
    kernel.make_private()
    kernel.mount("tmpfs", _BASE, "size=1m,nr_inodes=1024,mode=0755")
    os.mkdir(_BASE + _OLD)
    kernel.pivot_root(_BASE, _BASE + _OLD)
    os.chdir("/")
    limits = f"size={job.limits.disk_bytes},nr_inodes={job.limits.disk_files}"
    kernel.mount("tmpfs", _make_folder(WORK), f"{limits},mode=0700,uid={USER},gid={USER}")
    _make_system_files()  # before the shown paths, as a program may be installed below one of the links
    _show((*_SYSTEM, *job.shown), _PROTECTED)
    _hide(job.hidden)
    _show(_DEVICES, kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_EXEC)
    for name, source in job.packages.items():
        _bind(_OLD + source, f"{PACKAGES}/{name}", _PROTECTED)
    kernel.mount("proc", _make_folder("/proc"), "hidepid=2,subset=pid")
    kernel.detach(_OLD)
    os.rmdir(_OLD)
    kernel.set_attributes("/", _PROTECTED)


def _show(paths: tuple[str, ...], attributes: int) -> None:
    """Show each existing path as on this machine; a path below another one is already visible."""
    shown: list[str] = []
    for path in sorted(paths, key=len):
        source = _OLD + path
        if any(path == other or path.startswith(f"{other}/") for other in shown):
            continue
        if os.path.islink(source):
            os.symlink(os.readlink(source), path)
        elif os.path.exists(source):
            _bind(source, path, attributes)
        else:
            continue
        shown.append(path)


def _bind(source: str, target: str, attributes: int) -> None:
    """Show a file or folder at another path."""
    if os.path.isdir(source):
        _make_folder(target)
    else:
        _make_folder(os.path.dirname(target))
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.bind(source, target, attributes)


def _hide(folders: tuple[str, ...]) -> None:
    """Mount an empty folder over each one that is visible."""
    for folder in folders:
        if os.path.isdir(folder):
            kernel.mount("tmpfs", folder, "size=4k,nr_inodes=1,mode=0555")
            kernel.set_attributes(folder, _PROTECTED)


def _make_system_files() -> None:
    for path, text in _FILES.items():
        _make_folder(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    for path, target in _LINKS.items():
        _make_folder(os.path.dirname(path))
        os.symlink(target, path)
    os.mkdir(WORK + _TEMPORARY, 0o700)
    os.chown(WORK + _TEMPORARY, USER, USER)


def _make_folder(folder: str) -> str:
    os.makedirs(folder, exist_ok=True)
    return folder
