"""What a report says about itself: `manifest.json` for checking it, `ro-crate-metadata.json` for archives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import Provenance
from ot_eval.outputs.released import Released
from ot_eval.publish import technical

MANIFEST = "manifest.json"
CRATE = "ro-crate-metadata.json"
FORMATS = {
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ABOUT = {
    "index.html": "The findings, for managers",
    "report.docx": "The report for Word",
    "report.pdf": "The findings, as a tagged PDF",
    "tables.xlsx": "Every table and every number, for Excel",
    "budget.xlsx": "The budget of coaching, which works itself out again",
    "results.csv": "Every estimate, after disclosure control",
    "curves.csv": "Every point of every published curve",
    "flow.csv": "Who was included, rule by rule",
    "ledger.csv": "Every number of people or events published, for output checkers",
    MANIFEST: "Hashes, versions and the disclosure rule",
}

CODE_PAGE = "The code of one part of the report, and its results after disclosure control"


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def _listed(files: Mapping[str, bytes]) -> dict[str, dict[str, object]]:
    return {
        name: {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)} for name, body in sorted(files.items())
    }


def manifest(
    files: Mapping[str, bytes], released: tuple[Released, ...], protocol: Protocol, provenance: Provenance
) -> bytes:
    """Return the manifest: what went in, under which protocol, code, versions and disclosure rule, and what came out.

    Parameters
    ----------
    files : every other file of the report, by name
    """
    policy = released[0].policy
    return _json(
        {
            "study": protocol.study,
            "title": protocol.title,
            "strands": [r.strand for r in released],
            "synthetic": any(r.synthetic for r in released),
            "made_at": provenance.made_at,
            "protocol": {"sha256": provenance.protocol_sha256, "as_used": json.loads(protocol.canonical())},
            "deviations": [asdict(d) for r in released for d in r.deviations],
            "inputs": [asdict(f) for f in provenance.inputs],
            "code": {"ot_eval": provenance.toolkit, "sha256": provenance.code_sha256},
            "python": provenance.python,
            "packages": provenance.packages,
            "seed": provenance.seed,
            "disclosure": {**asdict(policy), "in_words": list(policy.sentences())},
            "hidden_lines": sum(r.n_hidden for r in released),
            "files": _listed(files),
        }
    )


def crate(files: Mapping[str, bytes], protocol: Protocol, provenance: Provenance) -> bytes:
    """Return RO-Crate 1.1 metadata (https://w3id.org/ro/crate/1.1) that describes every file of the report.

    Parameters
    ----------
    files : every file of the report but the manifest and this one
    """
    names = sorted({*files, MANIFEST})
    parts = [{"@id": name} for name in names]
    tool = f"#ot_eval-{provenance.toolkit}"
    graph = [
        _entity(CRATE, "CreativeWork", about=_ref("./"), conformsTo=_ref("https://w3id.org/ro/crate/1.1")),
        _entity(
            "./",
            "Dataset",
            name=protocol.title,
            description=protocol.question,
            datePublished=provenance.made_at,
            license=_ref("#licence"),
            author=_ref("#analyst"),
            publisher=_ref("#service"),
            hasPart=parts,
            mentions=_ref("#run"),
        ),
        _entity("#service", "Organization", name=protocol.service),
        _entity(
            "#analyst", "Person", name=protocol.analyst or "not named in the protocol", affiliation=_ref("#service")
        ),
        _entity(
            "#licence",
            "CreativeWork",
            name="Licence to be stated by the service that publishes the report",
            description="The report does not state a licence. Ask the service before you reuse it.",
        ),
        _entity(tool, "SoftwareApplication", name="ot_eval", version=provenance.toolkit),
        _entity(
            "#run",
            "CreateAction",
            name=f"Evaluation run of {protocol.study}",
            endTime=provenance.made_at,
            instrument=_ref(tool),
            object=_ref("#protocol"),
            result=parts,
        ),
        _entity(
            "#protocol",
            "CreativeWork",
            name="The protocol as used",
            identifier=f"sha256:{provenance.protocol_sha256}",
        ),
    ]
    return _json({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph + _parts(names, files)})


def _entity(identity: str, kind: str, /, **properties: Any) -> dict[str, Any]:
    return {"@id": identity, "@type": kind, **properties}


def _ref(name: str) -> dict[str, str]:
    return {"@id": name}


def _parts(names: list[str], files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    parts = []
    for name in names:
        part: dict[str, Any] = {
            "@id": name,
            "@type": "File",
            "name": ABOUT.get(name, CODE_PAGE if name.startswith(f"{technical.FOLDER}/") else name),
            "encodingFormat": FORMATS.get(name.rpartition(".")[2], "application/octet-stream"),
        }
        if name in files:
            part |= {"contentSize": str(len(files[name])), "sha256": hashlib.sha256(files[name]).hexdigest()}
        parts.append(part)
    return parts
