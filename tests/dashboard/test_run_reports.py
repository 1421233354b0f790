"""Reports of runs are served only to this machine's browser, in a sandbox."""

from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from agenticai.dashboard.reports import FRAME, Reports, make_policy
from agenticai.dashboard.services.runs import make_address
from agenticai.scenarios.reports import page

RUN = "20261127T040156.467263-0"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    folder = tmp_path / "runs" / RUN
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<h1>Replayed</h1>")
    (folder / "engine.log").write_text("private")
    return TestClient(Reports(PlainTextResponse("the dashboard"), tmp_path), base_url="http://127.0.0.1:8501")


def test_a_report_is_a_page_of_no_origin_that_reaches_nothing(client: TestClient) -> None:
    answer = client.get(make_address(RUN))
    assert (answer.status_code, answer.text) == (200, "<h1>Replayed</h1>")
    said = answer.headers["content-security-policy"]
    assert said.startswith("sandbox allow-scripts; default-src 'none'; script-src 'sha256-")
    assert "allow-same-origin" not in said
    assert "unsafe-inline'; frame" in said.split("style-src")[1]


def test_the_frame_is_that_of_the_reports() -> None:
    assert FRAME.samefile(Path(page.__file__).with_name("page.html"))
    script = FRAME.read_text("utf-8").partition("<script>")[2].partition("</script>")[0]
    assert script
    assert "{{" not in script, "it is in the page as it is in the template"
    assert make_policy().count("sha256-") == FRAME.read_text("utf-8").count("<script>") == 1


@pytest.mark.parametrize(
    "path",
    [f"/runs/{RUN}/engine.log", f"/runs/{RUN}/run.json", "/runs/../runs/report.html", "/runs/.hidden/report.html", "/"],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).text == "the dashboard"


def test_a_run_that_is_gone_says_so(client: TestClient) -> None:
    assert client.get(make_address("20261127T000000.000000-0")).status_code == 404


def test_links_are_not_followed(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "runs" / "linked").symlink_to(tmp_path / "runs" / RUN)
    assert client.get(make_address("linked")).status_code == 404


def test_other_names_of_this_machine_are_refused(client: TestClient) -> None:
    assert client.get(make_address(RUN), headers={"Host": "evil.example:8501"}).status_code == 403
    assert client.post(make_address(RUN)).status_code == 403
    assert client.get(make_address(RUN), headers={"Host": "localhost:8501"}).status_code == 200
