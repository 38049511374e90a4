"""Text into codes, by people, helped by the machine."""
