"""Evaluate occupational therapy in social care, from a council's own data to a published report.

Importing the package loads nothing heavy: pandas and the estimators come with the first call that needs them.
"""

from importlib.metadata import version

__version__ = version("ot_eval")
__all__ = ["__version__"]
