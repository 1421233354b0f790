"""The layout of stored data: later versions find what earlier versions stored."""

import hashlib

import pytest

from shared.models import layout
from shared.models.layout import ItemKind
from shared.models.project import Revision

REVISION = Revision(build=2, round=1)


@pytest.mark.parametrize(
    ("key", "spelled"),
    [
        (layout.project("p"), "PROJECT#p"),
        (layout.template("t"), "TEMPLATE#t"),
        (layout.METADATA, "METADATA"),
        (layout.Listing.PROJECTS, "PROJECT"),
        (layout.Listing.TEMPLATES, "TEMPLATE"),
        (layout.plan(2), "PLAN#2"),
        (layout.tasks(REVISION), "TASK#2.1#"),
        (layout.task(REVISION, "a"), "TASK#2.1#a"),
        (layout.test(REVISION), "TEST#2.1"),
        (layout.deployment(REVISION), "DEPLOY#2.1"),
        (layout.change(2), "MOD#2"),
        (layout.file("a/b.py"), "FILE#a/b.py"),
        (layout.event("e"), "EVENT#e"),
        (layout.archive("d"), "ARCHIVE#d"),
        (layout.request("d"), "REQUEST#d"),
        (layout.plan_object("p", 2, "plan.json"), "plans/p/2/plan.json"),
        (layout.code_object("p", REVISION, "a/b.py"), "projects/p/2.1/a/b.py"),
        (layout.report_object("p", REVISION), "test_results/p/2.1/"),
        (layout.deployment_object("p", REVISION, "a.zip"), "deployments/p/2.1/a.zip"),
        (layout.reply_object("p", 2), "plans/p/2/replies/"),
        (layout.reply_object("p", 2, 0, "a"), "plans/p/2/replies/0/a"),
        (layout.reply_object("p", 2, "", "a"), "plans/p/2/replies/a"),
        (layout.reply_object("p", 2, 3), "plans/p/2/replies/3/"),
        (layout.proofs("p", REVISION), "deployments/p/2.1/proofs/"),
        (
            layout.proof_object("p", REVISION, "request-ä", 3),
            f"deployments/p/2.1/proofs/3-{hashlib.sha256('request-ä'.encode()).hexdigest()[:16]}.json",
        ),
        (layout.archive_object("p", "d"), "deployments/p/archives/d.zip"),
    ],
)
def test_each_key_is_spelled_as_ever(key: str, spelled: str) -> None:
    assert str(key) == spelled


def test_the_kind_of_an_item_is_told_by_its_sort_key_and_of_a_task_its_id() -> None:
    for kind in ItemKind:
        assert layout.kind_of(kind.key("x")) is kind
    assert layout.kind_of(layout.METADATA) is None
    assert layout.task_of(layout.task(REVISION, "a#b")) == "a#b"
    assert layout.task_of(layout.test(REVISION)) is None
    assert {kind.name for kind in layout.WORK} == {"PLAN", "TASK", "TEST", "DEPLOYMENT"}


def test_all_objects_of_a_project_are_below_its_id_and_no_other_projects_are() -> None:
    assert layout.objects("p") == ("projects/p/", "plans/p/", "test_results/p/", "deployments/p/")
