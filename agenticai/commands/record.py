"""The command `record`: records replies of a model, or re-keys written ones."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from agenticai.commands.models import choose_model
from agenticai.commands.replay import choose_scenario
from agenticai.commands.settings import KEY_VARIABLE, find_gemini_api_key
from agenticai.display.console import Display, from_here, join_text, this_command
from agenticai.display.following import Following
from agenticai.emulator.core.home import find_home
from agenticai.scenarios.format.errors import NotRecorded
from agenticai.scenarios.format.scenario import CASSETTES, Scenario
from agenticai.scenarios.recording import (
    RECORDINGS,
    list_own_cassettes,
    record,
    refuse_unrecordable,
    rekey_scenario,
)

KEYS_PAGE = "https://aistudio.google.com/apikey"
PRICES_PAGE = "https://ai.google.dev/gemini-api/docs/pricing"


def show_recording(
    name: str,
    model: str,
    model_name: str,
    agreed: Callable[[str], bool],
    *,
    as_json: bool,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Record a scenario, if the user agrees to a sentence that says what that means.

    `model` and `model_name` are the options of those names; without them, Gemini is asked.
    """
    screen, scenario = Display(as_json=as_json), choose_scenario(name)
    refuse_unrecordable(scenario)
    _check_kept()
    if not model:
        _check_key(environ, scenario)
    model_source = choose_model(model, model_name, live=not model, environ=environ)
    if not agreed(f"{_estimate_calls(scenario)}. The new ones replace {from_here(CASSETTES / scenario.name)}. Go on?"):
        raise NotRecorded("Nothing was asked, and nothing was stored.")
    with screen.status("starting the engine") as status:
        stored = record(
            scenario,
            model_source.how,
            model_source.key,
            runs=find_home() / RECORDINGS,
            report=lambda step: status.update(join_text(step)),
            on_event=Following(screen, status),
        )
    _present(screen, stored, f"{len(stored)} replies recorded; `{this_command()} replay {scenario.name}` replays them.")


def show_rekeying(name: str, *, as_json: bool) -> None:
    """Re-key a scenario's written replies."""
    screen, scenario = Display(as_json=as_json), choose_scenario(name)
    _check_kept()
    with screen.status("starting the engine") as status:
        rekeyed = rekey_scenario(
            scenario, runs=find_home() / RECORDINGS, report=lambda step: status.update(join_text(step))
        )
    _present(
        screen,
        rekeyed,
        f"{len(rekeyed)} requests exchanged." if rekeyed else "Every stored request is the one that is sent.",
    )


def _check_kept() -> None:
    """Raise `NotRecorded` if the replies would be stored in an installed package, and lost with it."""
    if not (CASSETTES.resolve().parents[1] / "pyproject.toml").exists():
        raise NotRecorded("Replies are stored in scenarios/cassettes of a checkout of the repository: record there.")


def _check_key(environ: Mapping[str, str], scenario: Scenario) -> None:
    if not find_gemini_api_key(environ):
        raise NotRecorded(
            f"Recording asks Gemini itself: get a key at {KEYS_PAGE} and put it in the environment variable"
            f" {KEY_VARIABLE}. {_estimate_calls(scenario)}; what a call costs is at {PRICES_PAGE}. Or name the server"
            " of another model with --model."
        )


def _estimate_calls(scenario: Scenario) -> str:
    """Return an estimate of how often the model will be called."""
    stored = len(list_own_cassettes(scenario, CASSETTES))
    return f"Every reply is a call, and {scenario.name} has {stored} stored replies now"


def _present(screen: Display, paths: list[Path], summary: str) -> None:
    screen.emit([from_here(path) for path in paths])
    for path in paths:
        screen.say(from_here(path))
    screen.say(summary)
