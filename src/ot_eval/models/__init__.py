"""Estimators; the only room where statistics libraries are imported."""
