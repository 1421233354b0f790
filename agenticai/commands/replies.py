"""The command `replies`: shows requests that wait for a written reply, and checks and stores the replies."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agenticai.client.errors import FolderError, SelectionError
from agenticai.client.reply_check import ReplyCheck, check_reply, find_waiting_projects, make_reply_template
from agenticai.commands.stack import Stack, open_stack
from agenticai.display import replies as show
from agenticai.display.console import Display, format_count, from_here
from agenticai.stack.private_files import write_private

if TYPE_CHECKING:
    from agenticai.emulator.core.model_records import MissedReply
    from shared.models.views import ProjectSummaryView

SEARCHED: Final = 100
"""How many of the newest projects are searched for those that wait."""


@dataclass(frozen=True)
class ReplyFiles:
    """What to do with a request: `form` is the file to write its form to, and `file` the one to read its reply from."""

    form: Path | None = None
    file: Path | None = None
    check_only: bool = False
    anyway: bool = False
    retry: bool = True

    def check(self, wanted: str | None) -> None:
        """Raise `SelectionError` if the options contradict each other."""
        if wanted is None and (self.form or self.file):
            raise SelectionError("Say which request: the beginning of its id, as `agenticai replies` lists them.")
        if self.file is None and (self.check_only or self.anyway):
            raise SelectionError("--check and --anyway are for a reply that is read with --file.")
        if self.form and self.file:
            raise SelectionError("--form writes a file and --file reads one: give one of them.")


def show_replies(prefix: str | None, files: ReplyFiles, stack: Stack) -> int:
    """List the waiting requests, show one of them, or store the reply to it; return the exit status.

    That is 1 if an agent would refuse the reply. Raises `SelectionError` if the target replays no replies.
    """
    files.check(prefix)
    screen = Display(as_json=stack.as_json)
    with open_stack(stack) as (bench, control), bench.api() as api:
        if control is None:
            raise SelectionError(f"The engine at {stack.endpoint} does not replay stored replies, so none is missing.")
        missed = control.missed_replies()
        projects = api.list_projects(SEARCHED).items
        if prefix is None:
            _list(screen, stack, missed, projects)
            return 0
        request = _choose(missed, prefix)
        if files.file is None:
            _show(screen, stack, request, files.form)
            return 0
        text = _read(files.file)
        checked = check_reply(request, text)
        stores = not files.check_only and (checked.good or files.anyway)
        stored = control.store_reply(request.digest, text).path if stores else None
        waiting = find_waiting_projects(request, projects) if stored and files.retry else []
        retried = [api.retry(project.id).id for project in waiting]
    screen.emit({"good": checked.good, "faults": checked.faults, "stored": stored, "retried": retried})
    _present(screen, checked, stored, retried, stack)
    return 0 if checked.good or stored else 1


def _list(
    screen: Display, stack: Stack, missed: Sequence["MissedReply"], projects: Sequence["ProjectSummaryView"]
) -> None:
    project_ids = {
        request.digest: [project.id for project in find_waiting_projects(request, projects)] for request in missed
    }
    screen.emit(
        [
            {
                "id": request.digest,
                "title": request.title,
                "model": request.model,
                "at": request.at.isoformat(),
                "waiting": project_ids[request.digest],
            }
            for request in missed
        ]
    )
    if not missed:
        screen.say("Every request so far had a reply.")
        return
    screen.show(show.tabulate_requests(missed, project_ids))
    screen.say((f"{stack.command('replies', missed[0].digest[:8])} shows the first.", "dim"))


def _show(screen: Display, stack: Stack, request: "MissedReply", form: Path | None) -> None:
    if form:
        _write(form, make_reply_template(request))
    document = request.model_dump(mode="json") | {"form": make_reply_template(request)}
    screen.emit(document)
    for part in show.describe_request(request):
        screen.say(part)
    name = from_here(form) if form else "reply.txt"
    if form:
        screen.say(f"\nThe form of the reply is in {name}.")
    else:
        screen.say(f"\n{stack.command('replies', request.digest[:8], '--form', name)} writes the form of the reply.")
    screen.say(f"{stack.command('replies', request.digest[:8], '--file', name)} checks what is in it, and stores it.")


def _choose(missed: Sequence["MissedReply"], prefix: str) -> "MissedReply":
    matches = [request for request in missed if request.digest.startswith(prefix)]
    if not matches:
        raise SelectionError(
            f"No waiting request has an id that begins with {prefix!r}: `agenticai replies` lists those that wait."
        )
    if len(matches) > 1:
        raise SelectionError(
            f"{len(matches)} waiting requests have ids that begin with {prefix!r}: give more of the id."
        )
    return matches[0]


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except OSError as error:
        raise FolderError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise FolderError(f"{file} is not text in UTF-8 ({error}).") from error


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise FolderError(f"{path} exists already: name a new file with --form.")
    try:
        write_private(path, text)
    except OSError as error:
        raise FolderError(f"{path} cannot be written ({error.strerror}).") from error


def _present(screen: Display, checked: ReplyCheck, stored: str | None, retried: Sequence[str], stack: Stack) -> None:
    if checked.good:
        screen.say(f"An agent would accept this: {checked.holds}.")
    else:
        screen.say(("An agent would refuse this:", "yellow"))
        for fault in checked.faults:
            screen.say(f"- {fault}")
    if stored:
        screen.say(f"Stored in {stored}.")
    elif not checked.good:
        screen.say("Nothing was stored; mend it, or store it as it is with --anyway.")
    if retried:
        screen.say(f"{format_count(len(retried), 'project')} retried. {stack.command('follow', retried[0])} follows.")
