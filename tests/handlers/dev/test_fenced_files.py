"""Files in fenced blocks, as models name and nest them."""

import pytest

from dev_agent.envelopes import extract
from dev_agent.generated import GeneratedFile, MalformedReply

TAG = "1a2b3c4d"
CODE = "import x\n\n\nprint(x)\n"


def fenced(reply: str, *expected: str) -> dict[str, str]:
    """Return the expected files in a reply without envelopes, each once."""
    files = extract(reply, TAG, expected)
    assert len({file.path for file in files}) == len(files)
    return {file.path: file.content for file in files}


@pytest.mark.parametrize(
    "heading",
    [
        "**src/app.py**",
        "**`src/app.py`**",
        "`src/app.py`",
        "`src/app.py`:",
        "**src/app.py:**",
        "src/app.py",
        "src/app.py:",
        "./src/app.py",
        "File: src/app.py",
        "File: `src/app.py`",
        "**File:** `src/app.py`",
        "**File: src/app.py**",
        "Filename: src/app.py",
        "Path: `src/app.py`",
        "File name: 'src/app.py'",
        "### src/app.py",
        "### `src/app.py`",
        "### File: `src/app.py`",
        "## Code: src/app.py",
        "#### 1. `src/app.py`",
        "1. src/app.py:",
        "1. **src/app.py**",
        "2) `src/app.py`",
        "- `src/app.py`:",
        "* src/app.py",
        "> src/app.py",
        "=== src/app.py ===",
        "app.py",
        "my-project/src/app.py",
        "Updated file: src/app.py",
        "**src/app.py**\n\nIt reads the file and\n\nprints every line,\nthen stops.",
    ],
)
def test_a_block_is_named_by_what_stands_above_it(heading: str) -> None:
    other = "**other.py**\n```python\nother\n```\n"
    for reply in (f"{other}\n{heading}\n```python\n{CODE}```\n", f"{heading}\n\n```python\n{CODE}```\n\n{other}"):
        assert fenced(reply, "src/app.py", "other.py") == {"src/app.py": CODE, "other.py": "other\n"}


@pytest.mark.parametrize(
    "info",
    [
        "python src/app.py",
        "python:src/app.py",
        "src/app.py",
        "./src/app.py",
        'title="src/app.py"',
        'python title="src/app.py"',
        "python title=src/app.py",
        'python {filename="src/app.py"}',
        "{.python file=src/app.py}",
        "python, src/app.py",
        "py (src/app.py)",
        "12:40:src/app.py",
        "python app.py",
    ],
)
def test_a_block_is_named_in_its_info_string(info: str) -> None:
    reply = f"All of it:\n\n```{info}\n{CODE}```\n```python\nmore\n```\n```python:other.py\nother\n```\n"
    assert fenced(reply, "src/app.py", "other.py") == {"src/app.py": CODE, "other.py": "other\n"}


@pytest.mark.parametrize(
    "first",
    [
        "# src/app.py",
        "## app.py",
        "# File: src/app.py",
        '"""src/app.py"""',
        "// src/app.py",
        "/* src/app.py */",
        "<!-- src/app.py -->",
        "-- src/app.py",
        "; src/app.py",
    ],
)
def test_a_block_is_named_by_its_first_line_which_stays(first: str) -> None:
    reply = f"```\n{first}\n\nbody\n```\n\n```\n# other.py\nother\n```\n"
    assert fenced(reply, "src/app.py", "other.py") == {
        "src/app.py": f"{first}\n\nbody\n",
        "other.py": "# other.py\nother\n",
    }


README = "# App\n\n```bash\npip install app\n```\n\nThen:\n\n```python\nimport app\n```\n\nDone.\n"
BARE_README = "# App\n\nInstall:\n```\npip install app\n```\n\nRun:\n\n```\napp\n```\nDone.\n"


@pytest.mark.parametrize(
    ("opening", "closing", "content"),
    [
        ("```markdown", "```", README),
        ("```md", "```", README),
        ("```", "```", README),
        ("````markdown", "````", README),
        ("````", "````", BARE_README),
        ("`````md", "``````", README),
        ("~~~", "~~~", README),
        ("~~~markdown", "~~~~", BARE_README),
        ("```markdown", "```", BARE_README),
        ("```md", "```", README + BARE_README),
        ("```markdown", "```", README.replace("```", "~~~")),
        ("```markdown", "```", "1. First:\n   ```bash\n   a\n   ```\n2. Second:\n   - ```js\n     b\n     ```\n"),
        ("```markdown", "```", "Nested:\n\n```markdown\n# Inner\n\n```bash\nx\n```\n\nend\n```\n\nouter\n"),
    ],
)
def test_fences_nest(opening: str, closing: str, content: str) -> None:
    app = f"**app.py**\n\n```python\n{CODE}```\n\nThat is all.\n"
    readme = f"**README.md**\n\n{opening}\n{content}{closing}\n\n"
    for reply in (readme + app, app + readme):
        assert fenced(reply, "README.md", "app.py") == {"README.md": content, "app.py": CODE}


@pytest.mark.parametrize(
    "content",
    [
        'def f():\n    """\n    ```python\n    f()\n    ```\n    """\n',
        'def f():\n    """\n    ```\n    f()\n    ```\n    """\n',
        'PROMPT = """\n```json\n{}\n```\n"""\n',
        'FENCE = "```"\nOTHER = """ ```json """\n',
        'BEGIN = """\n```json\n"""\n',  # opened and never closed
        "# ~~~~~~~~\n~~~~~~~\nx = '~~~'\n",
        "s = '```'  # ```\n",
        "",
        "\n\n\n",
        "a\x0bb\x0cc\x1cd\x85e\u2028f\n",
    ],
)
def test_fences_in_code_are_code(content: str) -> None:
    reply = f"**app.py**\n```python\n{content}```\n\n**b.py**\n\n```python\nb\n```\n"
    assert fenced(reply, "app.py", "b.py") == {"app.py": content, "b.py": "b\n"}


@pytest.mark.parametrize(("indent", "marker"), [("   ", "1. "), ("  ", "- "), ("\t", "\t"), ("    ", "    ")])
def test_a_block_in_a_list_loses_the_lists_indent(indent: str, marker: str) -> None:
    code = "if x:\n    y()\n\n    z()\n"
    indented = "".join(f"{indent}{line}" if line.strip() else line for line in code.splitlines(keepends=True))
    assert fenced(f"1. **app.py**\n\n{indent}```python\n{indented}{indent}```\n", "app.py") == {"app.py": code}
    assert fenced(f"{marker}```python\n{indented}{indent}```\n", "app.py") == {"app.py": code}


def test_a_block_whose_lines_are_not_all_indented_keeps_its_indents() -> None:
    assert fenced("  ```python\nif x:\n    y()\n  ```\n", "app.py") == {"app.py": "if x:\n    y()\n"}


def test_lines_that_end_with_cr_lf_are_read_as_lines() -> None:
    reply = f"**app.py**\n\n```python\n{CODE}```\n".replace("\n", "\r\n")
    assert fenced(reply, "app.py", "b.py") == {"app.py": CODE}


def test_blocks_without_names_are_no_files_where_several_are_expected() -> None:
    assert fenced("```html\n<p>\n```\n\n```css\np {}\n```\n", "index.html", "style.css") == {}


def test_the_only_block_in_the_language_of_the_only_file_is_that_file() -> None:
    reply = f"```python\n{CODE}```\n\nRun it:\n\n```bash\npython app.py\n```\n\nIt prints:\n\n```\nx\n```\n"
    assert fenced(reply, "app.py") == {"app.py": CODE}
    assert fenced(reply + "```py\nmore\n```\n", "app.py") == {}


@pytest.mark.parametrize("info", ["", "Code", "text", "python"])
def test_the_only_block_is_the_only_file(info: str) -> None:
    assert fenced(f"Sure!\n```{info}\n{CODE}```\n", "app.py") == {"app.py": CODE}


@pytest.mark.parametrize(
    "reply",
    [
        "```mermaid\ngraph TD\n```",
        "**app.py**\n```bash\npython app.py\n```",
        "**app.py**\n```diff\n-a\n+b\n```",
        "```python\n# other.py\nx\n```",
        "**other.py**\n```python\nx\n```",
        "```python other.py\nx\n```",
        "I cannot do that.",
        "",
        "`app.py` is `x`",
        "```app.py```",
    ],
)
def test_what_is_not_the_file_is_not_taken_for_it(reply: str) -> None:
    assert extract(reply, TAG, ("app.py",)) == []


def test_commands_and_examples_beside_a_file_are_not_that_file() -> None:
    reply = (
        f"### `app.py`\n\n```python\n{CODE}```\n\nRun `app.py` with:\n```bash\npython app.py\n```\n\n"
        "Use it:\n\n```python\nimport app\n```\n\nIt prints:\n\n```\nx\n```\n"
    )
    assert fenced(reply, "app.py") == fenced(reply, "app.py", "b.py") == {"app.py": CODE}


def test_a_list_of_files_does_not_name_the_block_below_it() -> None:
    reply = f"Files:\n\n- a.py\n- b.py\n\n```python\n# a.py\n{CODE}```\n\n```python\n# b.py\n```\n"
    assert fenced(reply, "a.py", "b.py") == {"a.py": f"# a.py\n{CODE}", "b.py": "# b.py\n"}


def test_names_with_spaces_brackets_and_signs_are_found() -> None:
    paths = ("app/(auth)/[id]/page.tsx", "docs/user guide.md", "src/routes/+page.svelte", "pkg/__init__.py", "Makefile")
    reply = "".join(f"### `{path}`\n\n```\nin {path}\n```\n\n" for path in paths)
    assert fenced(reply, *paths) == {path: f"in {path}\n" for path in paths}


def test_a_name_that_could_mean_two_files_means_none() -> None:
    assert fenced(f"**__init__.py**\n```python\n{CODE}```\n", "a/__init__.py", "b/__init__.py") == {}


def test_a_file_given_twice_is_given_back_twice() -> None:
    block = f"**app.py**\n```python\n{CODE}```\n"
    assert extract(block * 2, TAG, ("app.py",)) == [GeneratedFile("app.py", CODE)] * 2


def test_a_block_that_is_not_closed_is_refused_with_its_line() -> None:
    with pytest.raises(MalformedReply, match="the code block that line 2 opens is not closed"):
        extract(f"**app.py**\n```python\n{CODE}", TAG, ("app.py",))
    assert fenced(f"```python\n{CODE}```\n```\n", "app.py") == {"app.py": CODE}  # nothing is inside the last


CUT = "# App\n\n```\n\npip install x\n\n```\n\nEnd\n"


@pytest.mark.parametrize(
    ("path", "block"),
    [
        ("README.md", f"```markdown\n{CUT}```\n"),
        ("README.md", f"```\n{CUT}```\n"),
        ("README.md", f"```markdown\n{CUT}{CUT}```\n"),
        ("README.md", f"```markdown\n{README}{CUT}```\n"),
        ("README.md", "```markdown\n# App\n\n```bash\npip install x\n```\n\nEnd\n"),
        ("README.md", "```markdown\n# App\n\n```bash\npip install x\n"),
        ("app.py", '```python\ndef f():\n    """Do.\n\n```\nf()\n```\n    """\n    return 1\n```\n'),
        ("app.js", "```js\n/**\n * Do.\n```\nf()\n```\n */\nfunction f() {}\n```\n"),
        ("app.py", "```python\nx = 1\n\nRun it:\n\n```bash\npython app.py\n```\n"),
    ],
)
def test_a_file_that_its_own_fences_may_have_cut_is_whole_or_refused(path: str, block: str) -> None:
    whole = block.partition("\n")[2].rpartition("```\n")[0]
    for reply in (f"{path}\n{block}", f"Here it is.\n\n**{path}**\n\n{block}\n**b.py**\n\n```python\nb\n```\n"):
        expected = (path, "b.py") if "b.py" in reply else (path,)
        try:
            files = extract(reply, TAG, expected)
        except MalformedReply:
            continue
        assert {file.path: file.content for file in files}.get(path) in {whole, None}


def test_what_follows_a_finished_file_does_not_make_it_doubtful() -> None:
    reply = f"**app.py**\n```python\n{CODE}```\n\nRun it:\n\n```\npython app.py\n```\n\nIt prints:\n\n```\nhello\n```\n"
    assert fenced(reply, "app.py") == {"app.py": CODE}
    labelled = f"**README.md**\n```markdown\n{README}```\n\nRun it:\n\n```bash\napp\n```\n"
    assert fenced(labelled, "README.md") == {"README.md": README}
    longer = f"**README.md**\n````markdown\n{CUT}````\n\nRun it:\n\n```\napp\n```\n"
    assert fenced(longer, "README.md") == {"README.md": CUT}


REFUSED = "where {} ends cannot be told from the fences in it: put more backticks around it than inside"
HALF = "def f(\n"


@pytest.mark.parametrize(
    ("path", "opening", "content", "rest", "refused"),
    [
        ("README.md", "```markdown", "# App\n", "", False),
        ("README.md", "```markdown", "# App\n", "```\nx\n```\n", True),
        ("README.md", "```markdown", "# App\n", "```sh\nx\n```\n", False),
        ("README.md", "```markdown", "# App\n", "    ```\n    x\n    ```\n", False),
        ("README.md", "```markdown", "# App\n", "~~~\nx\n~~~\n", False),
        ("README.md", "```markdown", "# App\n", "```sh\nx\n```\n\n```\ny\n```\n", False),
        ("README.md", "````markdown", "# App\n", "```\nx\n```\n", False),
        ("README.md", "```markdown", "# App\n", "**b.py**\n```\nx\n```\n", False),
        ("README.md", "```markdown", "# App\n```bash\nx\n", "", True),
        ("README.md", "```markdown", "# App\n````bash\nx\n", "", True),
        ("README.md", "````markdown", "# App\n```bash\nx\n", "", False),
        ("README.md", "```markdown", "# App\n~~~bash\nx\n", "", False),
        ("a.py", "```python", "x = 1\n", "```\nx\n```\n", False),
        ("a.py", "```python", HALF, "```\nx\n```\n", True),
        ("a.py", "```python", HALF, "```sh\nx\n```\n", False),
        ("a.py", "```python", HALF, "**b.py**\n```\nx\n```\n", False),
        ("a.py", "```python", HALF, "", False),
        ("a.js", "```js", "f() {\n", "```\nx\n```\n", True),
        ("a.js", "```js", "f() {}\n", "```\nx\n```\n", False),
    ],
)
def test_a_file_is_refused_where_its_block_may_have_ended_too_early(
    path: str, opening: str, content: str, rest: str, refused: bool
) -> None:
    end = opening.rstrip("markdownpythjs")
    for before in ("", "**c.py**\n```python\nc\n```\n\n"):
        reply = f"{before}**{path}**\n{opening}\n{content}{end}\n\nThen:\n\n{rest}"
        if refused:
            with pytest.raises(MalformedReply) as refusal:
                extract(reply, TAG, (path, "b.py", "c.py"))
            assert str(refusal.value) == REFUSED.format(path)
        else:
            assert fenced(reply, path, "b.py", "c.py")[path] == content


@pytest.mark.parametrize(
    ("info", "path"),
    [
        ("js", "app.ts"),
        ("ts", "app.js"),
        ("html", "App.vue"),
        ("vue", "index.html"),
        ("html", "App.svelte"),
        ("svelte", "App.vue"),
        ("xml", "index.html"),
        ("XML", "page.html"),
        ("html", "page.svg"),
        ("c", "app.cpp"),
        ("c++", "app.h"),
        ("css", "app.scss"),
        ("scss", "app.less"),
        ("less", "app.css"),
        (".py", "app.py"),
        ("main.py", "app.py"),
    ],
)
def test_languages_whose_names_are_used_for_each_other_agree(info: str, path: str) -> None:
    for other in ("", "bash"):
        reply = f"```{info}\nx\n```\n\n```{other}\ny\n```\n"
        assert fenced(reply, path) == {path: "x\n"}


@pytest.mark.parametrize(
    ("info", "path", "taken"),
    [
        ("python", "app.js", False),
        ("css", "index.html", False),
        ("text", "app.js", True),
        ("strange", "app.js", True),
        ("python", "LICENSE", True),
        ("diff", "LICENSE", False),
        ("patch", "LICENSE", False),
        ("diff", "app.js", False),
        ("text", "fix.diff", True),
        ("diff", "fix.patch", True),
    ],
)
def test_a_block_in_another_language_is_not_the_file(info: str, path: str, taken: bool) -> None:
    assert fenced(f"```{info}\nx\n```\n", path) == ({path: "x\n"} if taken else {})
    assert fenced(f"**{path}**\n```{info}\nx\n```\n", path, "b.md") == ({path: "x\n"} if taken else {})


def test_of_two_blocks_that_could_be_the_only_file_none_is() -> None:
    assert fenced("```\na\n```\n\n```\nb\n```\n", "app.py") == {}
    assert fenced("```py\na\n```\n\n```\nb\n```\n", "app.py") == {"app.py": "a\n"}


@pytest.mark.parametrize(
    "beside", ["**other.js**\n\n```\nx\n```\n", "other.js:\n\n\n```\nx\n```\n", "```\n// o.js\nx\n```\n"]
)
def test_a_block_named_as_another_file_is_not_the_only_one(beside: str) -> None:
    assert fenced(beside, "app.py") == {}
    assert fenced(f"{beside}\nThe file:\n```\n{CODE}```\n", "app.py") == {"app.py": CODE}


@pytest.mark.parametrize(
    "listed",
    ["- {}", "+ {}", "* {}", "1. {}", "12) {}", "  - {}", "\t1. {}"],
)
def test_several_names_in_a_list_are_no_headings_but_one_is(listed: str) -> None:
    first, second = listed.format("a.py"), listed.format("b.py")
    block = f"```python\n{CODE}```\n"
    assert fenced(f"{first}\n{second}\n\n{block}", "a.py", "b.py") == {}
    assert fenced(f"**a.py**\n\n{second}\n\n{block}", "a.py", "b.py") == {"a.py": CODE}
    assert fenced(f"{second}\n\n{block}", "a.py", "b.py") == {"b.py": CODE}


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ("**a.py**\n**b.py**\n```python\nx\n```\n", "b.py"),
        ("**b.py**\n```python\n# a.py\nx\n```\n", "a.py"),
        ("**b.py**\n```python a.py\nx\n```\n", "a.py"),
        ("```python b.py\n# a.py\nx\n```\n", "b.py"),
        ("**b.py**\n\n**c.js**\n```python\nx\n```\n", "b.py"),
        ("**b.py**\n```python\n// c.js\nx\n```\n", "b.py"),
    ],
    ids=["nearest", "first-line", "info", "info-over-first-line", "agrees", "first-line-agrees"],
)
def test_the_surest_name_counts(block: str, path: str) -> None:
    assert list(fenced(block, "a.py", "b.py", "c.js")) == [path]


def test_a_name_further_up_is_not_that_of_the_block() -> None:
    assert fenced(f"**other.js**\nThe file:\n```\n{CODE}```\n", "app.py") == {"app.py": CODE}


def test_the_reading_that_finds_more_files_counts_though_a_block_is_open() -> None:
    reply = "**a.md**\n```md\n```js\ny\n```\n**b.py**\n```python\nx\n```\n```\ntail\n"
    with pytest.raises(MalformedReply, match="the code block that line 10 opens is not closed"):
        extract(reply, TAG, ("a.md", "b.py"))


def test_a_name_at_the_end_of_a_file_does_not_name_the_next_block() -> None:
    assert fenced("**a.md**\n```md\nb.py\n```\n```python\nx\n```\n", "a.md", "b.py") == {"a.md": "b.py\n"}


def test_headings_may_stand_right_beside_blocks() -> None:
    reply = "**a.py**\n```\na\n```\n**b.py**\n```\nb\n```\n**c.py**\n```\nc\n```"
    assert list(extract(reply, TAG, ("c.py", "b.py", "a.py"))) == [
        GeneratedFile("a.py", "a\n"),
        GeneratedFile("b.py", "b\n"),
        GeneratedFile("c.py", "c\n"),
    ]


@pytest.mark.parametrize("content", [README, BARE_README])
def test_a_reply_may_end_with_a_fence(content: str) -> None:
    assert fenced(f"**a.md**\n```markdown\n{content}```", "a.md") == {"a.md": content}


def test_too_many_fences_are_no_files() -> None:
    block = "**a.py**\n```\n" + "~~~\n" * 1998 + "```\n"
    assert fenced(block, "a.py", "b.py") == {"a.py": "~~~\n" * 1998}
    with pytest.raises(MalformedReply) as refusal:
        extract(f"{block}```\n", TAG, ("a.py", "b.py"))
    assert str(refusal.value) == "there are 2001 code fences; 2000 are possible"
