import json
import re
from datetime import date
from pathlib import Path

import pytest

from ot_eval.base.errors import RequestError
from ot_eval.base.located_yaml import read
from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_file import SCHEMA_FILE, load, schema_text, study_folder
from ot_eval.base.shipped import shipped

HEAD = "study: falls\ntitle: A title\nquestion: What is the answer?\n"


@pytest.fixture
def write(tmp_path):
    def _write(text, name="protocol.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return _write


def refused(path, *overrides) -> RequestError:
    with pytest.raises(RequestError) as caught:
        load(path, overrides)
    return caught.value


def test_a_protocol_is_read_with_its_dates_and_numbers(write):
    got = load(write(HEAD + "level: 9e-1\npopulation:\n  ended_from: 2026-04-01\nincrease: {minimum_rise: 2}\n"))
    assert got.level == 0.9
    assert got.population.ended_from == date(2026, 4, 1)
    assert got.increase.minimum_rise == 2.0


def test_a_byte_order_mark_changes_nothing(write):
    assert load(write(b"\xef\xbb\xbf" + HEAD.encode())) == load(write(HEAD, "plain.yaml"))


def test_a_mistyped_word_is_refused_with_line_section_and_nearest_name(write):
    error = refused(write(HEAD + "increase:\n  minimum_raise: 2\n"))
    assert error.found == (
        "protocol.yaml line 5: 'minimum_raise' is not a word the section increase knows. Did you mean 'minimum_rise'?"
    )
    assert error.exit_code == 2
    assert len(str(error).splitlines()) == 3


def test_a_word_in_the_wrong_place_is_told_its_section(write):
    assert "It belongs to the section population." in refused(write(HEAD + "minimum_age: 50\n")).found


def test_every_problem_is_listed_at_once_in_the_order_of_lines(write):
    error = refused(
        write(
            "study: My Study\ntitle: A title\nquestion: What is the answer?\npopulation:\n  ended_from: 01/04/2026\n"
            "covariates: [age_band, gender]\nstudy: again\nlevel: 95\n"
        )
    )
    lines = [line.strip() for line in error.found.splitlines()]
    assert lines[0] == "5 problems"
    assert [line.split(":")[0] for line in lines[1:]] == [f"protocol.yaml line {n}" for n in (1, 5, 6, 7, 8)]
    assert "Did you mean 2026-04-01?" in lines[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- a\n- b\n", "a protocol is words with values"),
        ("just words\n", "a protocol is words with values"),
        ("study: falls\ntitle: A title\n", "the protocol lacks the word 'question'"),
        (HEAD + "increase:\n", "increase is a section"),
        (HEAD + "seed: true\n", "seed must be a whole number; it is true"),
        (HEAD + "seed: '3'\n", "seed must be a whole number; it is '3'"),
        (HEAD + "analyst: no\n", "analyst must be text; put it in 'quotes'; it is false"),
        (HEAD + "population: {ended_to: 20260401}\n", "ended_to must be a date written year-month-day"),
        (HEAD + "population: {ended_from: 2026-04-02, ended_to: 2026-04-01}\n", "ended_from lies after ended_to"),
        (HEAD + "reading: {role_words: {OT: 5}}\n", "OT must be text"),
    ],
)
def test_a_wrong_protocol_is_refused(write, text, said):
    assert said in refused(write(text)).found


def test_a_file_that_is_not_utf_8_is_refused_with_its_line(write):
    error = refused(write(HEAD.encode() + "service: the Caf\xe9\n".encode("cp1252")))
    assert error.found == "protocol.yaml line 4: a character that is not UTF-8"


def test_a_missing_file_is_refused_with_the_nearest_name(write, tmp_path):
    write(HEAD)
    error = refused(tmp_path / "protocl.yaml")
    assert "no such file. Did you mean 'protocol.yaml'?" in error.found
    assert "it is a folder. There are: protocol.yaml." in refused(tmp_path).found


def test_an_override_changes_one_word(write):
    path = write(HEAD + "increase: {minimum_rise: 2}\n")
    got = load(path, ("increase.minimum_rise=5e-1", "follow_up.horizons_days=[30, 60]", "title=Another title"))
    assert got.increase.minimum_rise == 0.5
    assert got.follow_up.horizons_days == (30, 60)
    assert got.title == "Another title"
    assert load(path).increase.minimum_rise == 2


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("increase.minimum_raise=2", "--set increase.minimum_raise=2: 'minimum_raise' is not a word"),
        ("level=2", "--set level=2: level must be less than 1.0; it is 2"),
        ("level.deep=2", "--set level.deep=2: level must be a number"),
        ("nothing", "--set nothing"),
        ("=3", "--set =3"),
        ("title=[", "--set title=["),
        ("population.ended_to=2020-01-01", "--set population.ended_to=2020-01-01: the section population"),
    ],
)
def test_a_wrong_override_is_refused_by_its_own_name(write, override, said):
    assert said in refused(write(HEAD + "population: {ended_from: 2026-01-01}\n"), override).found


def test_an_override_does_not_rescue_a_wrong_file(write):
    assert "protocol.yaml line 4: level" in refused(write(HEAD + "level: 95\n"), "level=0.9").found


def test_a_missing_data_folder_is_named(write, tmp_path):
    path = write(HEAD + "data: inputs\n")
    with pytest.raises(RequestError, match="inputs is not there"):
        study_folder(path, load(path))
    (tmp_path / "inputs").write_text("")
    with pytest.raises(RequestError, match="inputs is a file"):
        study_folder(path, load(path))
    (tmp_path / "inputs").unlink()
    (tmp_path / "inputs").mkdir()
    assert study_folder(path, load(path)).data == tmp_path / "inputs"


def test_the_published_schema_is_the_schema():
    text = (shipped("protocols") / SCHEMA_FILE).read_text(encoding="utf-8")
    assert text == schema_text(), "run: ot-eval protocol schema > protocols/protocol.schema.json"
    assert json.loads(text)["additionalProperties"] is False


@pytest.mark.parametrize("name", ["demo.yaml", "template.yaml"])
def test_a_shipped_protocol_is_valid_and_points_to_the_schema(name):
    path: Path = shipped("protocols") / name
    assert path.read_text(encoding="utf-8").startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")
    assert load(path).strands


def words(schema: dict, part: dict, place: tuple[str, ...] = ()):
    for name, info in part["properties"].items():
        inner = schema["$defs"].get(info.get("$ref", "").rsplit("/", 1)[-1])
        if inner is None:
            yield (*place, name)
        else:
            yield from words(schema, inner, (*place, name))


def everything_said() -> str:
    """Return the template with its commented words made real, so that what a reader may uncomment is checked."""
    text = (shipped("protocols") / "template.yaml").read_text(encoding="utf-8")
    return re.sub(r"(?m)^( *)# ( *[a-z_0-9]+:(?: .*)?)$", r"\1\2", text)


def test_the_template_explains_every_word_of_the_protocol():
    schema = json.loads(schema_text())
    said = read(everything_said()).lines
    assert [place for place in words(schema, schema) if place not in said] == []


def test_every_word_that_the_template_offers_is_valid(write):
    got = load(write(everything_said()))
    assert got.ascof_2a.compare_council == "Nottinghamshire"
    assert got.increase.price_uplift.tolerance_percent == 0.5


def test_the_template_shows_the_values_that_are_used_anyway():
    got = load(shipped("protocols") / "template.yaml")
    head = {"study": got.study, "title": got.title, "question": got.question, "assumptions": got.assumptions}
    assert got == Protocol(**head)
