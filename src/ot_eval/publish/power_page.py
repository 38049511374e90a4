"""The page of a planned trial: can it answer its question, what it can show, what would help. One file, no script."""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ot_eval.base.protocol import Protocol
from ot_eval.outputs.power import PowerReport, helps_table, power_figure, power_table
from ot_eval.publish.html import picture


def power_page(report: PowerReport, protocol: Protocol) -> str:
    """Return the page as text."""
    environment = Environment(
        loader=PackageLoader("ot_eval.publish", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = resources.files("ot_eval.publish").joinpath("templates/style.css").read_text(encoding="utf-8")
    return environment.get_template("power.html.j2").render(
        css=Markup(style.strip()),  # noqa: S704 -- our own file
        report=report,
        protocol=protocol,
        figure=picture(power_figure(report)),
        table=power_table(report),
        helps=helps_table(report),
    )
