"""Paths: which are refused, and that no accepted one can leave its folder."""

import ntpath
import posixpath
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.paths import (
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_PATH_BYTES,
    MAX_TOTAL_BYTES,
    UnsafePath,
    accept_path,
    accept_paths,
    check_files,
    check_paths,
)

ORDINARY = (
    "main.py",
    "src/pkg/__init__.py",
    ".github/workflows/test.yml",
    ".gitignore",
    "app/(group)/[id]/page.tsx",
    "docs/Übersicht.md",
    "docs/概要.md",
    "docs/स्वागत.md",
    "a b/c.txt",
    "auxiliary/console.py",
    "null.py",
    "com10.txt",
    "..hidden",
    "x" * (MAX_PATH_BYTES - 3) + ".py",
    "X/Y.md",
    "/".join("abcdefghijkl"),
    "a.git/.github/.gitx",
    "com/lpt.txt",
)

# The reason for each refusal, by one of its words.
REFUSED = {
    "": "empty",
    "x" * (MAX_PATH_BYTES + 1): "longer",
    "/etc/passwd": "absolute",
    "../x": "segment",
    "a/../b": "segment",
    "a//b": "segment",
    "a/./b": "segment",
    "a/": "segment",
    "./a": "segment",
    "C:/x": "drive",
    "c:x": "drive",
    "x.txt:stream": "drive",
    "a\\b": "drive",
    "\\\\server\\share": "drive",
    "~/x": "~",
    "GIT~1/config": "~",
    **dict.fromkeys((f"a{char}b" for char in '*?"<>|'), "drive"),
    "nul": "reserves",
    "PRN.x": "reserves",
    "lpt0": "reserves",
    "COM9.txt": "reserves",
    "conout$.log": "reserves",
    "\u0378": "unassigned",  # no character yet
    "a\u2029b": "format",
    **{
        f"a{char}b": "not shown"
        for char in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180d\u180f\ufe00\uffa0\U000e0100\U000e01ef"
    },
    **{f"a{char}b": "looks like" for char in "\u0337\u1735\u2216\u2571\u2572\u29f5\u29f9"},
    "src/Con.py": "reserves",
    "aux.tar.gz": "reserves",
    "com1": "reserves",
    "com\u00b9.txt": "reserves",  # Windows also reserves the superscript digits
    "nul .txt": "reserves",
    "CONIN$": "reserves",
    "a./b": "dot",
    "a /b": "space",
    "a\u3000/b": "space",
    "a/b.": "dot",
    ".git/config": ".git",
    "sub/.GIT/hooks/pre-commit": ".git",
    ".g\u200cit/config": "format",  # a joiner that some file systems ignore
    "a\0b": "control",
    "a\nb": "control",
    "a\x7f": "control",
    "a\u202etxt.exe": "format",  # right to left from here
    "a\u200b.py": "format",
    "\ufeffa.py": "format",
    "a\ue000.py": "unassigned",
    "a\ud800.py": "unassigned",
    "a\u2028b": "format",
    "a\ufe0f.py": "not shown",
    "a\u3164.py": "not shown",
    "cafe\u0301.py": "normal form",
    "a\uff0fb": "looks like",
    "a\u2215b": "looks like",
    "a\u2044b": "looks like",
    "a\u29f8b": "looks like",
    "a\u0338b": "looks like",
    "a\uff3cb": "drive",
    "a\ufe68b": "drive",
    "c\uff1a/x": "drive",
    "\uff0e\uff0e/x": "segment",
    "\u2025/x": "segment",
    "/".join("abcdefghijklm"): "more than",
}


@pytest.mark.parametrize("path", ORDINARY)
def test_ordinary_paths_are_taken(path: str) -> None:
    assert accept_path(path) == path


@pytest.mark.parametrize(("path", "reason"), REFUSED.items(), ids=map(ascii, REFUSED))
def test_an_unsafe_path_is_refused_with_the_reason(path: str, reason: str) -> None:
    with pytest.raises(UnsafePath, match=reason.replace(".", r"\.")):
        accept_path(path)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.py", "A.py"),
        ("straße.md", "STRASSE.md"),
        ("ﬁle.py", "file.py"),
        ("\u0131n.py", "in.py"),
        ("x/a.py", "X/a.py"),
        ("a.py", "a.py"),
    ],
)
def test_two_names_of_one_file_are_refused(first: str, second: str) -> None:
    with pytest.raises(UnsafePath, match="named twice"):
        check_paths([first, second])


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["A/b/c.py", "a/B"], "path 'a/B' is a file where 'A/b/c.py' needs a folder"),
        (["A/b/c.py", "d/e/f.py", "a"], "path 'a' is a file where 'A/b/c.py' needs a folder"),
        (["a/B", "A/b/c.py"], "path 'A/b/c.py' needs a folder where 'a/B' is a file"),
        (["a", "A/b/c/d.py"], "path 'A/b/c/d.py' needs a folder where 'a' is a file"),
        (["a", "b", "A"], "path 'A' is named twice (also as 'a')"),
    ],
)
def test_a_file_where_another_needs_a_folder_is_refused(paths: list[str], reason: str) -> None:
    accepted, refused = accept_paths(paths)
    assert (accepted, refused) == (paths[:-1], [reason])
    with pytest.raises(UnsafePath) as refusal:
        check_paths(paths)
    assert str(refusal.value) == reason


def test_what_comes_after_a_path_that_is_refused_is_accepted_all_the_same() -> None:
    accepted, refused = accept_paths(["a", "../b", "a", "a b/c", "A B/d"])
    assert accepted == ["a", "a b/c", "A B/d"]
    assert [reason.split()[1] for reason in refused] == ["'../b'", "'a'"]


@pytest.mark.parametrize(("length", "shown"), [(80, 80), (81, 80)])
def test_a_long_path_is_shown_by_its_beginning(length: int, shown: int) -> None:
    path = "/" * length
    with pytest.raises(UnsafePath) as refusal:
        accept_path(path)
    told = str(refusal.value).split()[1].strip("'")
    assert told == (path if length == shown else path[:77] + "...")


def test_the_number_and_the_bytes_of_files_are_bounded() -> None:
    check_files({"a.txt": MAX_FILE_BYTES, "b.txt": 0})
    check_paths(f"{n}.txt" for n in range(MAX_FILES))
    with pytest.raises(UnsafePath, match="201 files"):
        check_paths(f"{n}.txt" for n in range(MAX_FILES + 1))
    with pytest.raises(UnsafePath, match=r"'a\.txt' has 524289 bytes"):
        check_files({"a.txt": MAX_FILE_BYTES + 1})
    with pytest.raises(UnsafePath, match="8388609 bytes are more"):
        check_files({f"{n}.txt": MAX_FILE_BYTES for n in range(MAX_TOTAL_BYTES // MAX_FILE_BYTES)} | {"x.txt": 1})
    with pytest.raises(UnsafePath, match="segment"):
        check_files({"../a.txt": 1})


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("./\\~:ab \0\n\u200b\u202e\uff0f\uff0e\u2215\u2025\u0301\ud800"),
        st.characters(),
    ),
    max_size=40,
)


@given(HOSTILE)
@example("a/..\uff0f..\uff0fetc")
@example("con")
def test_what_is_accepted_stays_below_the_root_on_any_system(path: str) -> None:
    try:
        accepted = accept_path(path)
    except UnsafePath:
        return
    for form in (accepted, unicodedata.normalize("NFKC", accepted), unicodedata.normalize("NFD", accepted)):
        assert posixpath.normpath(posixpath.join("/project", form)) == f"/project/{form}"
        windows = ntpath.normpath(ntpath.join("C:\\root", form))
        assert windows == "C:\\root\\" + form.replace("/", "\\")
        assert ntpath.splitdrive(form)[0] == ""
    accepted.encode()


@given(st.lists(HOSTILE, max_size=6))
def test_accepted_sets_name_each_file_once_and_no_file_is_a_folder(paths: list[str]) -> None:
    try:
        check_paths(paths)
    except UnsafePath:
        return
    for spelled in (str.casefold, str.upper, str.lower):
        names = [spelled(path) for path in paths]
        assert len({*names}) == len(names)
        assert not any(other.startswith(f"{name}/") for name in names for other in names)
