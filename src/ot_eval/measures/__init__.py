"""Instruments and their scoring."""
