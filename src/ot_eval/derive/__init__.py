"""People and time: who, from when, until when, exposed to what (Ibis, lazy, any engine)."""
