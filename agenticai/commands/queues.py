"""The commands that show queues and dead-letter queues, and redrive dead letters."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Final

from agenticai.client.errors import SelectionError
from agenticai.client.queues.model import (
    AgentQueues,
    DeadLetter,
    DeadLetterPage,
    RedriveOutcome,
    RedriveResult,
    count_causes,
)
from agenticai.client.queues.stack_queues import StackQueues
from agenticai.commands.stack import Stack, open_stack
from agenticai.display import queues as show
from agenticai.display.console import Display, format_count
from agenticai.display.printable import printable
from agenticai.emulator.core.bench_records import PageRequest
from agenticai.stack.waiting import pause

WHOLE_ID: Final = 36
"""The length of a message id of SQS."""

WAIT_SECONDS: Final = 10.0
"""How long to wait until redriven messages are received."""

LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Choice:
    """The letters to redrive: those with these ids, or unique beginnings of ids, or all."""

    messages: tuple[str, ...]
    all: bool
    rate: int | None

    def check(self) -> None:
        """Raise `SelectionError` if the choice is ambiguous or empty."""
        if bool(self.messages) == self.all:
            raise SelectionError("Choose dead letters with --message ID, which is repeatable, or --all.")
        if self.rate is not None and not self.all:
            raise SelectionError("--rate is for --all: chosen letters are sent one after the other.")


def show_queues(stack: Stack) -> None:
    """Show every queue of the stack with its dead-letter queue."""
    screen = Display(as_json=stack.as_json)
    with _open_queues(stack) as queues:
        states = queues.states()
    screen.emit([asdict(state) for state in states])
    screen.show(show.tabulate_queues(states))
    dead = [state for state in states if state.dead_letters.depth.total]
    for state in dead:
        screen.say((f"{stack.command('dlq', state.agent)} shows what {state.agent} could not process.", "dim"))


def show_dead_letters(name: str | None, limit: int, stack: Stack, *, full: bool) -> None:
    """Show the dead letters of one queue, or of all."""
    screen = Display(as_json=stack.as_json)
    with _open_queues(stack) as queues:
        agents = [queues.find_agent(name)] if name else [state.agent for state in queues.states()]
        pages = {agent: _read_letters(queues, agent, limit) for agent in agents}
    screen.emit([_describe_letter(agent, letter) for agent, page in pages.items() for letter in page.letters])
    if stack.as_json:
        return
    for agent, page in pages.items():
        _present(screen, stack, agent, page, full=full)
    if not any(page.letters for page in pages.values()):
        screen.say("No dead letters.")


def redrive_letters(name: str, choice: Choice, stack: Stack, agreed: Callable[[str], bool]) -> int:
    """Redrive dead letters to the queue that they came from; return 0 if all selected ones were sent."""
    choice.check()
    screen = Display(as_json=stack.as_json)
    with _open_queues(stack) as queues:
        agent = queues.find_agent(name)
        if choice.all:
            moved = _move_all(screen, queues, agent, choice, agreed)
        else:
            moved = _move_chosen(screen, queues, agent, choice, agreed)
        if moved is None:
            screen.say("Nothing was sent.")
            return 1
        results, all_sent = moved
        state = _await_taken_up(screen, queues, agent)
    screen.emit({"moved": results, "queues": asdict(state)})
    screen.show(show.tabulate_queues([state]))
    screen.say((f"{stack.command('logs', agent, '-f')} follows what {agent} makes of them.", "dim"))
    return 0 if all_sent else 1


def _move_all(
    screen: Display, queues: StackQueues, agent: str, choice: Choice, agreed: Callable[[str], bool]
) -> tuple[object, bool] | None:
    depth = queues.state(agent).dead_letters.depth
    if not depth.visible:
        raise SelectionError(f"The dead-letter queue of {agent} has nothing to send back.")
    if not agreed(f"Send {format_count(depth.visible, 'dead letter')} back to {agent}?"):
        return None
    with screen.status("sending back") as status:
        for move in queues.redrive_all(agent, choice.rate):
            status.update(f"sent back {move.moved} of {move.to_move}")
    reason = f": {printable(move.reason)}" if move.reason else ""
    screen.say(
        f"{format_count(move.moved, 'dead letter')} of {move.to_move} sent back; the task is {move.status}{reason}."
    )
    return asdict(move), move.status == "COMPLETED"


def _move_chosen(
    screen: Display, queues: StackQueues, agent: str, choice: Choice, agreed: Callable[[str], bool]
) -> tuple[object, bool] | None:
    ids = resolve_ids(queues, agent, choice.messages)
    if not agreed(f"Send {format_count(len(ids), 'dead letter')} back to {agent}?"):
        return None
    results: list[RedriveResult] = []
    for result in queues.redrive(agent, ids):
        results.append(result)
        screen.say(show.describe_redriven(result))
    return [asdict(result) for result in results], all(result.outcome is RedriveOutcome.SENT for result in results)


def resolve_ids(queues: StackQueues, agent: str, prefixes: Sequence[str]) -> list[str]:
    """Return the ids that start with these beginnings. Raises `SelectionError` if none or several match one of them."""
    all_ids = [] if all(len(prefix) >= WHOLE_ID for prefix in prefixes) else list(queues.list_ids(agent))
    resolved: dict[str, None] = {}
    for prefix in prefixes:
        matches = {message_id for message_id in all_ids if message_id.startswith(prefix)}
        if len(prefix) >= WHOLE_ID or prefix in matches:
            matches = {prefix}
        if len(matches) != 1:
            problem = f"{len(matches)} dead letters begin" if matches else "no dead letter begins"
            raise SelectionError(f"In the dead-letter queue of {agent}, {problem} with {prefix}.")
        resolved.update(dict.fromkeys(matches))
    return list(resolved)


def _await_taken_up(screen: Display, queues: StackQueues, agent: str) -> AgentQueues:
    """Return the state of the queue when it is empty, or after `WAIT_SECONDS`."""
    with screen.status(f"waiting for {agent} to take them up"):
        for _ in range(round(WAIT_SECONDS / LOOK_SECONDS)):
            state = queues.state(agent)
            if not state.queue.depth.visible and not state.queue.depth.in_flight:
                break
            pause(LOOK_SECONDS)
    return state


def _read_letters(queues: StackQueues, agent: str, limit: int) -> DeadLetterPage:
    """Return at most `limit` letters, from as many pages as needed."""
    page = queues.letters(agent, limit=min(limit, PageRequest.MOST))
    while page.next and len(page.letters) < limit:
        next_page = queues.letters(agent, after=page.next, limit=min(limit - len(page.letters), PageRequest.MOST))
        page = replace(next_page, letters=page.letters + next_page.letters)
    return page


def _present(screen: Display, stack: Stack, agent: str, page: DeadLetterPage, *, full: bool) -> None:
    for letter in page.letters:
        for line in show.describe_letter(letter, agent, page.now, full=full):
            screen.say(line)
    if not page.letters:
        return
    causes = ", ".join(f"{number} x {printable(cause)}" for cause, number in count_causes(page.letters))
    screen.say(f"{agent}: {len(page.letters)} of {format_count(page.total, 'dead letter')} shown: {causes}")
    if page.received:
        screen.say(("To read them they were received and given back; SQS counts one more receive of each.", "dim"))
    screen.say((f"{stack.command('redrive', agent, '--all')} sends them back to {agent}.", "dim"))


@contextmanager
def _open_queues(stack: Stack) -> Iterator[StackQueues]:
    with open_stack(stack) as (bench, control):
        yield StackQueues.of(bench.target, bench.outputs, control)


def _describe_letter(agent: str, letter: DeadLetter) -> dict[str, object]:
    attempts = [{**asdict(attempt), "at": attempt.at.isoformat()} for attempt in letter.attempts]
    return {"agent": agent, "message": letter.message, "asked": asdict(letter.asked), "attempts": attempts}
