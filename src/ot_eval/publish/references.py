"""Where each method that was actually run comes from. One entry a source; a report lists only those it used."""

from __future__ import annotations

from collections.abc import Iterable

SOURCES = {
    "aalen_johansen": "Aalen OO, Johansen S. An empirical transition matrix for non-homogeneous Markov chains based on "
    "censored observations. Scandinavian Journal of Statistics 1978;5:141–150.",
    "andersen": "Andersen PK, Geskus RB, de Witte T, Putter H. Competing risks in epidemiology: possibilities and "
    "pitfalls. International Journal of Epidemiology 2012;41:861–870.",
    "bang": "Bang H, Tsiatis AA. Estimating medical costs with censored data. Biometrika 2000;87:329–343.",
    "lin_cost": "Lin DY, Feuer EJ, Etzioni R, Wax Y. Estimating medical costs from incomplete follow-up data. "
    "Biometrics 1997;53:419–434.",
    "manca": "Manca A, Hawkins N, Sculpher MJ. Estimating mean QALYs in trial-based cost-effectiveness analysis: the "
    "importance of controlling for baseline utility. Health Economics 2005;14:487–496.",
    "stinnett": "Stinnett AA, Mullahy J. Net health benefits: a new framework for the analysis of uncertainty in "
    "cost-effectiveness analysis. Medical Decision Making 1998;18:S68–S80.",
    "strong": "Strong M, Oakley JE, Brennan A. Estimating multiparameter partial expected value of perfect information "
    "from a probabilistic sensitivity analysis sample. Medical Decision Making 2014;34:311–326.",
    "cox": "Cox DR. Regression models and life-tables. Journal of the Royal Statistical Society B 1972;34:187–220.",
    "garwood": "Garwood F. Fiducial limits for the Poisson distribution. Biometrika 1936;28:437–442.",
    "gray": "Gray RJ. A class of K-sample tests for comparing the cumulative incidence of a competing risk. Annals of "
    "Statistics 1988;16:1141–1154.",
    "grambsch": "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted residuals. "
    "Biometrika 1994;81:515–526.",
    "cain": "Cain LE, Robins JM, Lanoy E and others. When to start treatment? A systematic approach to the comparison "
    "of dynamic regimes using observational data. International Journal of Biostatistics 2010;6(2):18.",
    "hernan": "Hernán MA, Robins JM. Using big data to emulate a target trial when a randomized trial is not "
    "available. American Journal of Epidemiology 2016;183:758–764.",
    "schlesselman": "Schlesselman JJ. Assessing effects of confounding variables. American Journal of Epidemiology "
    "1978;108:3–8.",
    "kaplan_meier": "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. Journal of the "
    "American Statistical Association 1958;53:457–481.",
    "lin_wei": "Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. Journal of the American "
    "Statistical Association 1989;84:1074–1078.",
    "royston": "Royston P, Parmar MKB. Restricted mean survival time: an alternative to the hazard ratio for the "
    "design and analysis of randomized trials with a time-to-event outcome. BMC Medical Research Methodology "
    "2013;13:152.",
    "strobe": "von Elm E and others. The Strengthening the Reporting of Observational Studies in Epidemiology (STROBE) "
    "statement. Lancet 2007;370:1453–1457.",
    "record": "Benchimol EI and others. The REporting of studies Conducted using Observational Routinely-collected "
    "health Data (RECORD) statement. PLoS Medicine 2015;12:e1001885.",
    "suissa": "Suissa S. Immortal time bias in pharmacoepidemiology. American Journal of Epidemiology "
    "2008;167:492–499.",
    "vanderweele": "VanderWeele TJ, Ding P. Sensitivity analysis in observational research: introducing the E-value. "
    "Annals of Internal Medicine 2017;167:268–274.",
    "wilson": "Wilson EB. Probable inference, the law of succession, and statistical inference. Journal of the "
    "American Statistical Association 1927;22:209–212.",
}
USED_BY = {
    "cumulative_incidence": ("aalen_johansen", "andersen"),
    "kaplan_meier": ("kaplan_meier",),
    "restricted_mean": ("royston",),
    "restricted_time_lost": ("royston", "andersen"),
    "contact_time": ("royston",),
    "cox": ("cox", "lin_wei", "grambsch"),
    "cox_unadjusted": ("cox",),
    "cox_subgroup": ("cox",),
    "e_value": ("vanderweele", "schlesselman"),
    "timing_strategies": ("hernan", "cain"),
    "value_use": ("lin_cost", "bang"),
    "value_qaly": ("manca",),
    "value_decision": ("stinnett",),
    "value_information": ("strong",),
    "timing_cox": ("cox",),
    "timing_landmark": ("cox",),
    "ever_never": ("suissa",),
    "biased_ever_never": ("suissa",),
    "gray_test": ("gray",),
    "rates": ("garwood",),
}
BY_METHOD = {"Wilson": "wilson", "Poisson": "garwood"}
"""A word in a line's method that names its source."""


def references(analyses: Iterable[str], methods: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the sources of the analyses and methods that a report holds, in alphabetical order.

    Examples
    --------
    >>> [r.split(".")[0] for r in references(["kaplan_meier"], ["Wilson interval (statsmodels)"])]
    ['Kaplan EL, Meier P', 'Wilson EB']
    """
    keys = {key for analysis in analyses for key in USED_BY.get(analysis, ())}
    keys |= {key for method in methods for word, key in BY_METHOD.items() if word in method}
    return tuple(sorted(SOURCES[key] for key in keys))
