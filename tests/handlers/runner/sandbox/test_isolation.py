"""Code in the sandbox sees only the system and its own folder, reaches no other process, and has no privileges."""

import os
import resource
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.sandbox.inside.job import Job
from runner.sandbox.inside.kernel import find_architecture
from runner.sandbox.process import INTERPRETER, run
from tests.handlers.runner.sandbox.projects import REASON, needs_sandbox, run_body

pytestmark = needs_sandbox
ROOT = Path(__file__).parents[4]


def passes(folder: Path, body: str) -> None:
    """Check that the body's assertions pass inside."""
    run = run_body(folder, body)
    assert run.passed, run.evidence
    assert run.contained


def test_no_file_of_this_machine_is_there_but_the_systems(tmp_path: Path) -> None:
    for path in (ROOT / "pyproject.toml", tmp_path / "test_it.py"):
        assert path.exists()
        passes(tmp_path, f"self.assertFalse(os.path.exists({str(path)!r}))")
    passes(
        tmp_path,
        f"""
        known = set("usr bin sbin lib lib32 lib64 libx32 nix etc dev proc work tmp var packages".split())
        prefix = {os.path.realpath(sys.base_prefix)!r}
        self.assertLessEqual(set(os.listdir("/")), known | {{prefix.split("/")[1]}})
        while not prefix.startswith("/usr") and os.path.dirname(prefix) != "/":
            self.assertEqual(os.listdir(os.path.dirname(prefix)), [os.path.basename(prefix)])
            prefix = os.path.dirname(prefix)
        self.assertEqual(set(os.listdir("/etc")) - {{"passwd", "group", "hosts", "alternatives"}}, set())
        self.assertEqual(os.path.expanduser("~"), "/work")
        self.assertEqual((os.getcwd(), os.listdir("/work/tmp")), ("/work/code", []))
        """,
    )


def test_a_program_below_the_folder_of_temporary_files_is_there_and_stays_as_it_is(tmp_path: Path) -> None:
    """Like a Python unpacked in /tmp, where the sandbox has its own folder for temporary files."""
    program = tmp_path / "bin" / "program"
    program.parent.mkdir()
    program.write_text("runs")
    look = f"""
import os
assert open({str(program)!r}).read() == "runs"
assert os.listdir({str(tmp_path)!r}) == ["bin"]
for attempt in (lambda: open({str(program)!r}, "w"), lambda: os.rename({str(program.parent)!r}, "/tmp/other")):
    try:
        attempt()
    except OSError:
        continue
    raise AssertionError("it was changed")
open("/tmp/written", "w").close()
"""
    shown = (os.path.realpath(sys.base_prefix), str(program.parent))
    ended = run(Job((INTERPRETER, "-I", "-S", "-c", look), {}, shown, {}))
    assert (ended.exit, ended.output, ended.contained) == (0, "", True)


@pytest.mark.parametrize("private", ["cwd", "AGENTICAI_HOME"])
def test_a_folder_of_the_users_in_one_that_is_shown_is_empty(
    private: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(os.path.realpath(sys.base_prefix), "share")
    if not folder.is_dir() or not list(folder.iterdir()):
        pytest.skip(f"{folder} is empty on this machine")
    look = f"self.assertEqual(os.listdir({str(folder)!r}), {{}})"
    passes(tmp_path, look.format(os.listdir(folder)).replace("Equal", "CountEqual"))
    if private == "cwd":
        monkeypatch.chdir(folder)
    else:
        monkeypatch.setenv(private, str(folder))
    passes(
        tmp_path,
        f"""
        seen = os.statvfs({str(folder)!r})
        self.assertEqual((seen.f_blocks * seen.f_frsize, seen.f_files), (4096, 1))
        self.assertEqual(seen.f_flag & 7, os.ST_RDONLY | os.ST_NOSUID | 4)
        self.assertEqual(oct(os.stat({str(folder)!r}).st_mode), "0o40555")
        """,
    )
    passes(tmp_path, f"{look.format([])}\nwith self.assertRaises(OSError): open({str(folder / 'new')!r}, 'w')")


def test_nothing_can_be_written_but_the_one_folder(tmp_path: Path) -> None:
    passes(
        tmp_path,
        f"""
        for folder in ("/", "/usr", "/etc", "/dev", "/proc", "/var", "/usr/bin", {os.path.dirname(INTERPRETER)!r}):
            with self.subTest(folder), self.assertRaises(OSError):
                open(folder + "/written", "w")
        for folder in ("/work", "/tmp", "/var/tmp", "/dev/shm", "."):
            with open(folder + "/written", "w") as file:
                file.write("x")
        for file in ("/usr/bin/env", "/etc/passwd", "/etc/hosts"):
            change, move, add = lambda f: os.chmod(f, 0o777), lambda f: os.rename(f, "/tmp/x"), lambda f: open(f, "a")
            for attempt in (os.remove, change, move, add):
                with self.subTest(file), self.assertRaises(OSError):
                    attempt(file)
        """,
    )


def test_what_is_seen_is_as_narrow_as_it_can_be(tmp_path: Path) -> None:
    passes(
        tmp_path,
        """
        def allows(path):
            flags = os.statvfs(path).f_flag
            return {name for name in ("RDONLY", "NOSUID", "NODEV", "NOEXEC") if flags & getattr(os, "ST_" + name)}

        for path in ("/", "/usr", "/etc", "/packages/_agenticai_tests"):
            self.assertEqual(allows(path), {"RDONLY", "NOSUID", "NODEV"}, path)
        for name in ("null", "zero", "full", "random", "urandom"):
            self.assertEqual(allows("/dev/" + name), {"RDONLY", "NOSUID", "NOEXEC"}, name)
        for path in ("/proc", "/work"):
            self.assertEqual(allows(path), {"NOSUID", "NODEV"}, path)
        links = {
            "/tmp": "work/tmp", "/var/tmp": "../work/tmp", "/dev/shm": "../work/tmp", "/dev/fd": "/proc/self/fd",
            "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2",
        }
        self.assertEqual({path: os.readlink(path) for path in links}, links)
        devices = {"null", "zero", "full", "random", "urandom"} | {path[5:] for path in links if path[:5] == "/dev/"}
        self.assertEqual(set(os.listdir("/dev")), devices)
        files = {
            "/etc/passwd": "sandbox:x:1000:1000::/work:/bin/sh\\n", "/etc/group": "sandbox:x:1000:\\n",
            "/etc/hosts": "127.0.0.1 localhost\\n::1 localhost\\n",
        }
        self.assertEqual({path: open(path).read() for path in files}, files)
        modes = {path: (os.stat(path).st_uid, oct(os.stat(path).st_mode)) for path in ("/work", "/")}
        self.assertEqual((os.listdir("."), set(os.listdir("/work"))), (["test_it.py"], {"code", "tmp"}))
        self.assertEqual(modes, {"/work": (1000, "0o40700"), "/": (0, "0o40755")})
        """,
    )


def test_a_program_begins_with_the_limits_of_its_job_and_nothing_of_ours(tmp_path: Path) -> None:
    passes(
        tmp_path,
        """
        import resource
        names = "CPU DATA FSIZE NOFILE RTPRIO NICE CORE NPROC MSGQUEUE MEMLOCK"
        mib = 1024 * 1024
        limits = [resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in names.split()]
        self.assertEqual(limits[0], (60, 61))
        self.assertEqual(limits[1:], [(n, n) for n in (256 * mib, 8 * mib, 256, 0, 0, 1, 64, 0, 0)])
        work = os.statvfs("/work")
        self.assertEqual((work.f_blocks * work.f_frsize, work.f_files), (16 * mib, 8192))
        root = os.statvfs("/")
        self.assertEqual((root.f_blocks * root.f_frsize, root.f_files), (mib, 1024))
        self.assertEqual((os.getpgid(0), os.getsid(0)), (os.getpid(), os.getpid()))
        self.assertEqual(signal.pthread_sigmask(signal.SIG_BLOCK, []), set())
        self.assertEqual((os.umask(0), os.getpriority(os.PRIO_PROCESS, 0) >= 5), (0o022, True))
        self.assertEqual((os.environ["HOME"], os.environ["TMPDIR"]), ("/work", "/work/tmp"))
        self.assertEqual(os.environ["PYTHONPATH"], "/packages")
        """,
    )


def test_what_is_left_in_the_folder_stays_inside(tmp_path: Path) -> None:
    passes(
        tmp_path,
        """
        os.symlink("/etc/passwd", "link")
        os.link("test_it.py", "hard")
        os.mkfifo("pipe")
        os.remove("test_it.py")
        with self.assertRaises(PermissionError):
            os.mknod("device", 0o60666, os.makedev(254, 0))
        """,
    )
    assert [path.name for path in tmp_path.iterdir()] == ["test_it.py"]


def test_there_are_no_other_processes_and_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "marked-key")
    passes(
        tmp_path,
        """
        self.assertEqual([name for name in os.listdir("/proc") if name.isdecimal()], [str(os.getpid())])
        with self.assertRaises(OSError):
            open("/proc/1/environ").read()
        with self.assertRaises(OSError):
            open(f"/proc/{os.getppid()}/mem").read()
        for name in ("kcore", "keys", "sys", "cmdline", "sysrq-trigger", "meminfo"):
            self.assertFalse(os.path.exists("/proc/" + name), name)
        self.assertEqual(set(os.environ), {"PATH", "LANG", "HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"})
        self.assertNotIn("marked-key", open("/proc/self/environ").read())
        self.assertEqual(sys.stdin.read(), "")
        with self.assertRaises(OSError):
            os.open("/dev/tty", os.O_RDWR)
        """,
    )


def test_no_descriptor_of_ours_is_open(tmp_path: Path) -> None:
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        passes(
            tmp_path,
            """
            open_files = {}
            for number in range(256):
                try:
                    open_files[number] = os.readlink(f"/proc/self/fd/{number}")
                except FileNotFoundError:
                    pass
            self.assertEqual(open_files.pop(0), "/dev/null")
            self.assertEqual(len(open_files), 3)
            self.assertEqual([target for target in open_files.values() if not target.startswith("pipe:")], [])
            """,
        )


@pytest.fixture
def listeners() -> Iterator[tuple[int, str]]:
    """Open a port on this machine's loopback and an abstract socket, which are reachable from here."""
    name = f"agenticai-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        with socket.create_connection(server.getsockname()), socket.socket(socket.AF_UNIX) as reaching:
            reaching.connect(f"\0{name}")
        yield server.getsockname()[1], name


def test_there_is_no_network_but_a_loopback_of_its_own(tmp_path: Path, listeners: tuple[int, str]) -> None:
    port, name = listeners
    passes(
        tmp_path,
        f"""
        self.assertEqual(socket.if_nameindex(), [(1, "lo")])
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", {port}))
        for address in ("192.0.2.1", "169.254.169.254"):
            with self.assertRaises(OSError):
                socket.create_connection((address, 80), timeout=5)
        with self.assertRaises(ConnectionRefusedError):
            socket.socket(socket.AF_UNIX).connect("\\0{name}")
        with self.assertRaises(OSError) as refused:
            socket.socket(40)  # AF_VSOCK
        self.assertEqual(refused.exception.errno, errno.EAFNOSUPPORT)
        with self.assertRaises(PermissionError):
            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        with socket.create_server(("localhost", 0)) as server:
            socket.create_connection(server.getsockname()).close()
        self.assertEqual(socket.gethostname(), "sandbox")
        """,
    )


def test_there_are_no_rights_and_no_way_to_get_any(tmp_path: Path) -> None:
    passes(
        tmp_path,
        """
        status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
        self.assertEqual({int(status[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")}, {0})
        self.assertEqual((status["NoNewPrivs"].strip(), status["Seccomp"].strip()), ("1", "2"))
        self.assertEqual({os.getuid(), os.geteuid(), os.getgid(), os.getegid()}, {1000})
        self.assertTrue(os.statvfs("/usr").f_flag & os.ST_NOSUID)
        for attempt in (os.setuid, os.setgid, os.seteuid):
            with self.assertRaises(OSError):
                attempt(0)
        with self.assertRaises(PermissionError):
            os.chroot("/work")
        with self.assertRaises(PermissionError):
            socket.sethostname("other")
        self.assertEqual(libc.mount(b"tmpfs", b"/work/tmp", b"tmpfs", 0, None), -1)
        self.assertEqual(ctypes.get_errno(), errno.EPERM)
        self.assertEqual(libc.umount2(b"/usr", 2), -1)
        """,
    )


def test_every_namespace_is_its_own(tmp_path: Path) -> None:
    names = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
    ours = {name: os.readlink(f"/proc/self/ns/{name}") for name in names}
    passes(
        tmp_path,
        f"""
        for name, ours in {ours!r}.items():
            self.assertNotEqual(os.readlink("/proc/self/ns/" + name), ours)
        """,
    )


def test_no_priority_is_given_even_where_the_user_may_have_it(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_RTPRIO)
    try:
        resource.setrlimit(resource.RLIMIT_RTPRIO, (50, 50))
    except (ValueError, OSError):
        pytest.skip("needs a user who may have a real-time priority")
    try:
        passes(
            tmp_path,
            """
            with self.assertRaises(PermissionError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            with self.assertRaises(PermissionError):
                os.nice(-1)
            """,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_RTPRIO, before)


CALLS = {**find_architecture().calls, "io_uring_setup": 425, "memfd_secret": 447} if not REASON else {}
REFUSED = ("keyctl", "add_key", "request_key", "ptrace", "process_vm_readv", "bpf", "unshare", "setns", "memfd_create")


@pytest.mark.parametrize(
    "call",
    [
        *REFUSED,
        "shmget",
        "syslog",
        "inotify_add_watch",
        "fanotify_init",
        "userfaultfd",
        "io_uring_setup",
        "memfd_secret",
    ],
)
def test_what_namespaces_do_not_separate_is_refused(call: str, tmp_path: Path) -> None:
    passes(
        tmp_path,
        f"""
        self.assertEqual(libc.syscall({CALLS[call]}, 0, 0, 0, 0, 0), -1)
        self.assertEqual(ctypes.get_errno(), errno.EPERM)
        """,
    )


def test_no_user_namespace_can_be_made_inside(tmp_path: Path) -> None:
    passes(
        tmp_path,
        f"""
        self.assertEqual(libc.syscall({CALLS["clone"]}, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0), -1)
        self.assertEqual(ctypes.get_errno(), errno.ENOSPC)
        """,
    )


def test_the_processes_around_it_cannot_be_killed(tmp_path: Path) -> None:
    passes(
        tmp_path,
        """
        for number in set(signal.valid_signals()):
            for target in (1, os.getppid()):
                try:
                    os.kill(target, number)
                except PermissionError:
                    pass
        self.assertEqual(os.getppid(), 1)
        """,
    )
