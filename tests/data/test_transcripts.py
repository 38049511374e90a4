"""Transcripts in every form they come in: the same words, the same turns, and what was left out."""

import zipfile

import docx
import pytest

from ot_eval.base.errors import DataError
from ot_eval.data.transcripts import as_turns, proposed_roles, read_transcript, read_transcripts, transcript_files
from ot_eval.data.transcripts_lines import hear

SAID = (
    ("Interviewer", "How was it?"),
    ("P01", "It was fine. I had 😀 the rail, Siân’s idea."),
    ("Interviewer", "And now?"),
)
ROLES = {"Interviewer": "interviewer", "P01": "participant"}


def labelled(newline="\n"):
    return newline.join(f"{who}: {words}" for who, words in SAID) + newline


def put(tmp_path, name, body):
    path = tmp_path / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return path


def word(tmp_path, build, name="x.docx"):
    document = docx.Document()
    build(document)
    document.save(tmp_path / name)
    return tmp_path / name


def by_hand(document):
    for who, words in SAID:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{who}:").bold = True
        paragraph.add_run(f" {words}")


def in_a_table(document):
    table = document.add_table(rows=len(SAID), cols=2)
    for row, (who, words) in zip(table.rows, SAID, strict=True):
        row.cells[0].text, row.cells[1].text = who, words


def as_teams(document):
    document.add_paragraph("Interviewer started transcription")
    for n, (who, words) in enumerate(SAID):
        half = len(words) // 2 if " " in words else 0
        at = words.rfind(" ", 0, half + 4)
        for clock, part in ((f"0:{n:02d}", words[:at]), (f"1:00:{n:02d}", words[at + 1 :])):
            paragraph = document.add_paragraph()
            paragraph.add_run(who).bold = True
            paragraph.add_run(f"   {clock}")
            paragraph.add_run().add_break()
            paragraph.add_run(part)


def as_older_teams(document):
    for n, (who, words) in enumerate(SAID):
        document.add_paragraph(f"0:0:{n}.0 --> 0:0:{n + 1}.330")
        document.add_paragraph(who)
        document.add_paragraph(words)


def captions():
    cues = [
        f"id/{n}-0\n00:00:0{n}.000 --> 00:00:0{n + 1}.000\n<v {who}>{words}</v>" for n, (who, words) in enumerate(SAID)
    ]
    return "WEBVTT\n\nNOTE made by a program\n\n" + "\n\n".join(cues) + "\n"


FORMS = {
    "text": lambda t: put(t, "x.txt", labelled()),
    "Windows text": lambda t: put(t, "x.txt", "\ufeff" + labelled("\r\n")),
    "UTF-16": lambda t: put(t, "x.txt", labelled().encode("utf-16")),
    "with times": lambda t: put(t, "x.txt", "".join(f"[00:0{n}:10] {w}: {s}\n" for n, (w, s) in enumerate(SAID))),
    "tabs": lambda t: put(t, "x.txt", labelled().replace(": ", ":\t")),
    "Markdown": lambda t: put(t, "x.md", "".join(f"**{w}:** {s}\n\n" for w, s in SAID)),
    "Markdown, colon outside": lambda t: put(t, "x.md", "# Talk\n" + "".join(f"**{w}**: {s}\n\n" for w, s in SAID)),
    "captions": lambda t: put(t, "x.vtt", captions()),
    "Windows captions": lambda t: put(t, "x.vtt", "\ufeff" + captions().replace("\n", "\r\n")),
    "Word by hand": lambda t: word(t, by_hand),
    "Word in a table": lambda t: word(t, in_a_table),
    "Teams": lambda t: word(t, as_teams),
    "older Teams": lambda t: word(t, as_older_teams),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_turns(form, tmp_path):
    got = read_transcript(FORMS[form](tmp_path))
    assert got.spoken == SAID
    turns = as_turns(got, "I01", ROLES)
    assert [(t.turn, t.speaker_role, t.segment_id) for t in turns] == [
        (1, "interviewer", "I01-0001"),
        (2, "participant", "I01-0002"),
        (3, "interviewer", "I01-0003"),
    ]


def test_what_is_left_out_is_counted_by_kind(tmp_path):
    def build(document):
        document.add_paragraph("Interview with somebody, Nottingham")
        by_hand(document)
        document.sections[0].header.paragraphs[0].text = "Confidential"
        document.add_paragraph("P01: I was ").add_run("hidden").font.hidden = True

    path = word(tmp_path, build)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "y.docx", "w") as new:
        for item in old.infolist():
            body = old.read(item)
            if item.filename == "word/document.xml":
                gone = b'<w:del w:id="1" w:author="A"><w:r><w:delText>struck out</w:delText></w:r></w:del>'
                kept = b'<w:ins w:id="2" w:author="A"><w:r><w:t>put in</w:t></w:r></w:ins>'
                body = body.replace(b"</w:p>", gone + kept + b"</w:p>", 1)
            new.writestr(item, body)
    got = read_transcript(tmp_path / "y.docx")
    assert got.lost == {
        "headers and footers with words": 1,
        "lines before the first speaker": 1,
        "passages struck out in tracked changes": 1,
        "passages that are hidden in Word": 1,
    }
    assert got.spoken[:3] == SAID
    assert "hidden" not in got.spoken[-1][1]
    assert "struck" not in str(got.spoken)


def test_a_line_that_only_looks_like_a_label_stays_in_the_turn():
    heard = hear(
        ["Interviewer: Go on.", "P01: She said: go home.", "And one thing: no.", "Interviewer: Oh.", "P01: Yes."]
    )
    assert [(s.speaker, s.text) for s in heard.said][1] == ("P01", "She said: go home.\nAnd one thing: no.")
    assert heard.lost["lines that begin like a speaker's label, kept as words of the turn before"] == 1


def test_roles_are_proposed_only_where_the_label_names_one(tmp_path):
    got = read_transcript(
        put(tmp_path, "x.txt", "Q: Hello?\nA: Yes.\nMaggie Doe: Hm.\nMaggie Doe: No.\nDaughter: Mum!\n")
    )
    assert proposed_roles(got) == {"Q": "interviewer", "A": "participant", "Maggie Doe": "", "Daughter": "other"}
    alone = read_transcript(put(tmp_path, "y.txt", "A: Hello?\nB: Yes.\nA: Oh.\nB: Mm.\n"))
    assert proposed_roles(alone) == {"A": "", "B": ""}
    with pytest.raises(DataError, match="2 speakers have no role"):
        as_turns(alone, "I01", {})


ENTITY = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]><w>&x;</w>'


def as_zip(**members):
    def make(tmp_path):
        with zipfile.ZipFile(tmp_path / "x.docx", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, body in members.items():
                archive.writestr(name.replace("_", "/").replace("document", "document.xml"), body)
        return tmp_path / "x.docx"

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda t: put(t, "x.txt", "Only words.\nNo speaker.\n"), "no speaker can be told from another"),
        (lambda t: put(t, "x.txt", b"\x00\x01\x02"), "zero bytes"),
        (lambda t: put(t, "x.txt", b"\xff\xfea"), "marked as UTF-16 and is not"),
        (lambda t: put(t, "x.vtt", "no captions"), "no speaker"),
        (lambda t: put(t, "x.docx", "no archive"), "not a Word document"),
        (lambda t: put(t, "x.doc", "old"), "this kind of file is not read"),
        (lambda t: t / "gone.txt", "no such file"),
        (as_zip(word_document=ENTITY), "document type or entities"),
        (as_zip(word_document=b"<w>" + b" " * 20_000_000 + b"</w>"), "200 times its size"),
        (as_zip(word_other=b"x"), "no word/document.xml"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_three_lines(make, said, tmp_path):
    with pytest.raises(DataError) as caught:
        read_transcript(make(tmp_path))
    assert said in caught.value.found
    assert len(str(caught.value).splitlines()) == 3


def test_all_bad_files_are_named_at_once_and_words_own_lock_files_are_passed_over(tmp_path):
    put(tmp_path, "a.txt", "No speaker.")
    put(tmp_path, "b.docx", "no archive")
    put(tmp_path, "c.txt", labelled())
    put(tmp_path, "~$c.docx", "Word's own")
    put(tmp_path, "notes.xlsx", "other")
    paths = transcript_files(tmp_path)
    assert [p.name for p in paths] == ["a.txt", "b.docx", "c.txt"]
    with pytest.raises(DataError) as caught:
        read_transcripts(paths)
    assert "a.txt: no speaker" in caught.value.found
    assert "b.docx: this is not" in caught.value.found
