"""Making the folder of a new study: everything a principal occupational therapist needs to begin, in plain files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol_file import SCHEMA_FILE, load
from ot_eval.base.shipped import shipped
from ot_eval.base.study import private_dir
from ot_eval.data.templates import templates

_NAME = "my-study"
README = """\
{title}
{line}

What lies here
  protocol.yaml   the plan of the study. Open it in any text editor and change what stands after the colons.
  data/           your files. PRIVATE: they never leave this folder.
    cld/          put the council's Client Level Data files (CSV) here, all the quarters you have.
    templates/    empty tables with the right headings, to fill where a system cannot export them;
                  explained.csv says what goes into every column.
  notebooks/      the analysis, step by step, for JupyterLab. You need not open them.
  work/           made by the toolkit. PRIVATE: it holds derived tables and lists of problems.
  reports/        made by the toolkit. This is what you may share: small numbers are hidden or rounded.

What to do
  1. Put your files in data/. Client Level Data in data/cld/ are enough for the care-package study. A list of
     occupational therapy contacts makes it better: save it as data/contacts.csv, with the headings of
     data/templates/contacts.csv. A table that you put in data/ is used in place of what Client Level Data imply.
  2. Open protocol.yaml and write your question, your service's name and your dates.
  3. Check:     ot-eval check protocol.yaml
     It lists what is wrong with the plan or the data. Nothing is published. The rows are in
     work/{study}/problems.csv, which you can open in Excel.
  4. Freeze:    ot-eval protocol lock protocol.yaml
     Do this before you look at results. The report lists whatever is changed afterwards.
  5. Run:       ot-eval run protocol.yaml
     Then open reports/{study}/index.html in your browser.

Keep data/ and work/ on a drive that only the people of this study can open. Share reports/ only.
"""


def make_study(folder: Path, template: str = "template.yaml") -> Path:
    """Write a new study into `folder`, which must be new or empty, and return it.

    Parameters
    ----------
    folder : the study's folder
    template : the shipped protocol to begin with; the study called my-study in it takes the folder's name

    Raises
    ------
    RequestError
        The folder has something in it, or a file has its name. Nothing is written over.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(
            f"{folder} {'has files in it' if folder.is_dir() else 'is a file'}",
            expected="a new or an empty folder",
            fix="choose another name, as in `ot-eval init my-study-2`",
        )
    folder.mkdir(parents=True, exist_ok=True)
    plans = shipped("protocols")
    plan = (plans / template).read_text(encoding="utf-8")
    _write(folder / "protocol.yaml", plan.replace(f"study: {_NAME} ", f"study: {_study_name(folder)} ", 1))
    _write(folder / SCHEMA_FILE, (plans / SCHEMA_FILE).read_text(encoding="utf-8"))
    _write(folder / ".gitignore", "data/\nwork/\n")
    private_dir(folder / "data")
    private_dir(folder / "data" / "cld")
    _write_templates(private_dir(folder / "data" / "templates"))
    (folder / "notebooks").mkdir()
    for notebook in sorted(shipped("notebooks").glob("*.ipynb")):
        shutil.copyfile(notebook, folder / "notebooks" / notebook.name)
    made = load(folder / "protocol.yaml")
    _write(folder / "README.txt", README.format(title=made.title, line="=" * len(made.title), study=made.study))
    return folder


def _study_name(folder: Path) -> str:
    """Make a study's short name from its folder's: 'Falls 2026' gives falls-2026."""
    name = re.sub(r"[^a-z0-9_]+", "-", folder.resolve().name.lower()).strip("-")
    name = re.sub(r"^[^a-z]+", "", name)[:63]
    return name if len(name) > 1 else _NAME


def _write_templates(folder: Path) -> None:
    """Write an empty table of each kind, and one list that explains every column; Excel opens all of them."""
    for name, text in templates().items():
        _write(folder / name, text)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
