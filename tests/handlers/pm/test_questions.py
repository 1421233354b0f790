"""The prompts for a plan, for the plan of a change, and for the correction of a faulty plan."""

from datetime import UTC, datetime

from pm_agent.questions import make_change_prompt, make_correction_prompt, make_project_prompt
from shared.language_model.port import FinishReason, Prompt, Reply
from shared.models.plan import Plan
from shared.models.project import Project, Revision, StoredObject, TokenUsage
from shared.models.records import ChangeRecord, FileRecord
from shared.prompts import make_tag
from tests.fakes import replies
from tests.fakes.factory import Factory

WISHES, CHANGE = "A game of chess.", "Let greet.py greet in French."
PLANNED = Plan.model_validate({**replies.PLAN, "assumptions": ["Names are text.", "No empty names."]})
FIRST = Revision(build=1)
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def project(wishes: str) -> Project:
    return Factory(replies.good).post(wishes)


def about(*plans: Plan, wishes: str = WISHES) -> Prompt:
    """Return the prompt for a change of two files."""
    change = ChangeRecord(build=2, requirements=CHANGE, requested_at=BEGUN, correlation_id="c")
    files = [
        FileRecord(
            path=path, language=language, revision=FIRST, object=StoredObject(key=path, size=size, sha256="0" * 64)
        )
        for path, language, size in (("greet.py", "python", 61), ("notes.txt", "text", 5))
    ]
    texts = {"greet.py": replies.CONTENTS["greet.py"], "notes.txt": "notes"}
    return make_change_prompt(project(wishes), change, plans, files, texts)


def section(prompt: Prompt, title: str) -> str:
    return prompt.text.partition(f"# {title}\n\n")[2].partition("\n\n# ")[0]


def test_each_reason_has_a_line_and_the_question_is_asked_again() -> None:
    asked = Prompt(system="Plan.", text="A game of chess.", schema={})
    again = make_correction_prompt(
        asked, Reply("{no plan}", FinishReason.STOP, TokenUsage(), "STOP"), ["too long", "too deep"]
    )
    tag = make_tag("{no plan}")
    assert "\n- too long\n- too deep\n" in again.text
    assert again.text.startswith("A game of chess.\n")
    assert f"\n<answer-{tag}>\n{{no plan}}\n</answer-{tag}>\n" in again.text
    assert again.schema == Plan.model_json_schema()


def test_the_requirements_of_a_project_stand_between_marks() -> None:
    prompt = make_project_prompt(project(WISHES))
    tag = make_tag(WISHES)
    assert f"\n<requirements-{tag}>\n{WISHES}\n</requirements-{tag}>\n" in prompt.text
    assert "$" not in prompt.text + prompt.system
    assert prompt.schema == Plan.model_json_schema()


def test_a_change_is_asked_for_with_all_that_was_built_before() -> None:
    prompt, tag = about(PLANNED, PLANNED), make_tag(WISHES, CHANGE)
    assert f"\n\n<change-{tag}>\n{CHANGE}\n</change-{tag}>\n\n" in prompt.text
    assert f"\n\n<requirements-{tag}>\n{WISHES}\n</requirements-{tag}>\n\n" in prompt.text
    plan = (
        "A greeting library with tests.\n\nDecided:\n\n- Names are text.\n- No empty names.\n\n"
        "Agreed on:\n\ngreet(name: str) -> str in greet.py"
    )
    assert section(prompt, "How it was planned") == f"{plan}\n\n{plan}"
    assert section(prompt, "Its files") == "- greet.py (python, 61 bytes)\n- notes.txt (text, 5 bytes)"
    declared = section(prompt, "What they declare").partition("\n\nAnswer with")[0]
    assert declared == f"greet.py:\n\n<outline-{tag}>\ndef greet(name: str) -> str\n</outline-{tag}>\n\nnotes.txt"
    assert prompt.schema == Plan.model_json_schema()


def test_a_plan_that_decided_nothing_or_is_not_there_says_so() -> None:
    bare = Plan.model_validate(replies.PLAN)
    assert section(about(bare), "How it was planned") == f"{bare.summary}\n\nAgreed on:\n\n{bare.shared_contract}"
    assert section(about(), "How it was planned") == "It is not known."
