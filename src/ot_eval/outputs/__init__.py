"""Numbers become things people look at, after disclosure control."""
