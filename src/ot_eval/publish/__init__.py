"""Leaving the building: notebooks, pages, the released folder."""
