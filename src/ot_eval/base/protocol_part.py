"""What every section of a protocol is: frozen, and closed to names it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A section of the protocol: frozen, and closed to names it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
