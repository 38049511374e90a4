"""Where the files that come with the toolkit lie: notebooks, protocols with their schema, and survey instruments.

They live in folders of their own at the top of the repository, where a newcomer looks for them. A wheel carries copies
(`force-include` in pyproject.toml); an editable install reads the folders themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ot_eval.base.errors import InternalFault

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(folder: Literal["notebooks", "protocols", "surveys"]) -> Path:
    """Return the folder of the shipped notebooks, protocols or survey instruments.

    Raises
    ------
    InternalFault
        The installation lacks them.

    Examples
    --------
    >>> (shipped("protocols") / "template.yaml").is_file()
    True
    """
    for place in (_PACKAGE / "_shipped" / folder, _PACKAGE.parents[1] / folder):
        if place.is_dir():
            return place
    raise InternalFault(
        f"the folder {folder} that comes with ot_eval is missing",
        expected="an installation made by pip from a wheel, or from a checkout with `pip install -e .`",
        fix="install ot_eval again",
    )
