"""The manual says what the program does: its commands exist, and the messages it shows are the ones that appear."""

import re
from pathlib import Path

import pytest
import typer.main

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol_file import load
from ot_eval.cli import app
from ot_eval.studies.new_study import README, make_study

ROOT = Path(__file__).resolve().parents[1]
TEXTS = {
    p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8")
    for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("protocols/*.yaml"), ROOT / "Makefile"]
} | {"README.txt of a new study": README}
GROUPS = "protocol |code |counts |surveys code |surveys |interviews deidentify |interviews code |interviews "
COMMAND = re.compile(rf"\bot-eval ((?:{GROUPS})?[a-z]+)([^\n`#]*)")


def verbs() -> dict[str, set[str]]:
    """Return each verb with its options."""
    found = {}
    waiting = list(typer.main.get_command(app).commands.items())
    for name, command in waiting:
        inner = getattr(command, "commands", None)
        if inner is None:
            found[name] = {option for p in command.params for option in p.opts}
        else:
            waiting += [(f"{name} {part}", below) for part, below in inner.items()]
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_of_the_manual_exists_with_its_options(name):
    known = verbs()
    for verb, rest in COMMAND.findall(TEXTS[name]):
        assert verb in known, f"{name}: ot-eval {verb}"
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known[verb], f"{name}: ot-eval {verb}{rest}"


def test_a_command_that_does_not_exist_would_be_seen():
    assert COMMAND.findall("run `ot-eval publish x`")[0][0] not in verbs()


def test_the_tutorial_shows_the_message_that_appears(tmp_path):
    plan = make_study(tmp_path / "my-study") / "protocol.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("minimum_rise:", "minimum_raise:"), encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        load(plan)
    assert str(caught.value) in TEXTS["docs/tutorial.md"]


@pytest.mark.parametrize("name", ["docs/tutorial.md", "docs/how-to/care-packages.md"])
def test_a_word_of_the_protocol_that_the_manual_shows_exists(name, tmp_path):
    """Words are shown as `section.word` or `--set section.word=value`."""
    plan = make_study(tmp_path / "my-study") / "protocol.yaml"
    for section, word in re.findall(r"\b([a-z_]+)\.([a-z_]+)(?==|: )", TEXTS[name]):
        assert hasattr(getattr(load(plan), section), word), f"{section}.{word}"
