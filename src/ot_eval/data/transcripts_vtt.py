"""Captions (.vtt), as Teams, Zoom and others write them, into who said what."""

from __future__ import annotations

import html
import re

from ot_eval.data.transcripts_lines import Heard, Said, hear

_TIME = r"(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_CUE = re.compile(rf"^{_TIME}\s+-->\s+{_TIME}")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")


def hear_captions(text: str) -> Heard | None:
    """Return what was said, or None where the file is no captions or names no speaker.

    Parameters
    ----------
    text : the file
    """
    blocks = re.split(r"\n\s*\n", text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip())
    if not blocks[0].startswith("WEBVTT"):
        return None
    heard = Heard(style="captions (WebVTT)")
    unvoiced: list[str] = []
    for block in blocks:
        lines = block.split("\n")
        cue = next((k for k, line in enumerate(lines) if _CUE.match(line.strip())), None)
        if cue is None:
            if not block.startswith("WEBVTT"):
                heard.lost["notes and styles of the caption file"] += 1
            continue
        body = " ".join(lines[cue + 1 :])
        pieces = _VOICE.split(body)
        if pieces[0].strip():
            unvoiced.append(_plain(pieces[0]))
            if len(pieces) > 1 or heard.said:
                heard.lost["captions without a speaker"] += 1
        heard.said += [
            Said(html.unescape(who).strip(), _plain(said)) for who, said in zip(pieces[1::2], pieces[2::2], strict=True)
        ]
    if heard.said:
        return _with_unvoiced_refused(heard, unvoiced)
    labelled = hear(unvoiced)  # speakers typed into the captions, "Interviewer: ..."
    if labelled is not None:
        labelled.lost.update(heard.lost)
        labelled.style = "captions (WebVTT) with speakers' labels"
    return labelled


def _with_unvoiced_refused(heard: Heard, unvoiced: list[str]) -> Heard:
    heard.lost.pop("captions without a speaker", None)
    if unvoiced:
        heard.lost["captions without a speaker"] = len(unvoiced)
    return heard.joined(" ")


def _plain(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", text)).split())
