"""What every section of a protocol is: frozen, and closed to names it does not know."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Days = Annotated[int, Field(ge=0, le=3660)]


class Part(BaseModel):
    """A section of the protocol: frozen, and closed to names it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
