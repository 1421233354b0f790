"""The session tokens of functions that MiniStack runs identify their function, and cannot be forged."""

import base64

from agenticai.emulator.engines.ministack.roles import Caller
from agenticai.emulator.engines.ministack.sessions import Sessions

CONFIG = {
    "FunctionName": "f",
    "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:f:3",
    "Role": "arn:aws:iam::111122223333:role/path/own",
}


def token(sessions: Sessions) -> str:
    return sessions.issue_credentials(CONFIG)["AWS_SESSION_TOKEN"]


def test_a_token_says_whose_it_is_and_the_key_is_the_account() -> None:
    sessions = Sessions()
    assert sessions.find_caller(token(sessions)) == Caller("f", CONFIG["Role"])
    assert sessions.issue_credentials(CONFIG)["AWS_ACCESS_KEY_ID"] == "111122223333"


def test_another_engines_token_and_one_with_another_role_are_nobodys() -> None:
    sessions = Sessions()
    function, _, mark = token(sessions).split(".")
    richer = base64.urlsafe_b64encode(b"arn:aws:iam::111122223333:role/admin").decode()
    forged = f"{function}.{richer}.{mark}"
    others = token(Sessions())
    assert [sessions.find_caller(each) for each in (others, forged, "", "a", "a.b.c", "ä.ö.ü")] == [None] * 6
