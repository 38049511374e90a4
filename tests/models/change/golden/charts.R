# Reference values for process charts. The two reference packages were run from their public sources:
# NHSRplotthedots commit 050b07d (MIT), qicharts2 commit 1b9487e (GPL-3). Give the folder of each as an argument:
# Rscript charts.R path/to/NHSRplotthedots path/to/qicharts2
# With dplyr before 1.1 write `TRUE ~` for `.default =` in ptd_calculate_point_type.R.
suppressMessages({library(dplyr); library(jsonlite)})
where <- commandArgs(TRUE)
for (f in list.files(file.path(where[1], "R"), "ptd_(spc_standard|calculate_point_type).R", full.names = TRUE)) source(f)
`%||%` <- function(a, b) if (is.null(a)) b else a
source(file.path(where[2], "R", "helper.functions.R"))
series <- list(
  steady = c(62, 71, 66, 58, 69, 73, 64, 60, 68, 67, 65, 70, 63, 66),
  shifted = c(60, 62, 59, 63, 61, 60, 64, 62, 70, 71, 69, 72, 70, 73, 71, 70),
  outlier = c(80, 82, 79, 81, 83, 80, 40, 81, 82, 79, 80, 83, 81, 82),
  rising = c(50, 49, 51, 50, 52, 50, 51, 53, 55, 58, 60, 63, 66, 65, 64, 66),
  near = c(70, 71, 69, 70, 72, 70, 69, 75, 71, 74.9, 70, 69, 71, 70, 69, 70, 71, 69))
out <- lapply(series, function(y) {
  d <- data.frame(y = y, x = as.Date("2024-01-01") + 31 * seq_along(y), rebase = 0)
  o <- list(value_field = "y", date_field = "x", facet_field = NULL, fix_after_n_points = NULL, trajectory = NULL,
            screen_outliers = TRUE)
  r <- ptd_calculate_point_type(ptd_spc_standard(d, o), 1)
  q <- runs.analysis(data.frame(y = y, cl = median(y), include = TRUE), "anhoej")[1, ]
  list(values = y, centre = r$mean_col[1], lower = r$lpl[1], upper = r$upl[1], cause = r$special_cause_type,
       n_useful = q$n.useful, longest = q$longest.run, longest_allowed = q$longest.run.max,
       crossings = q$n.crossings, crossings_allowed = q$n.crossings.min, signal = q$runs.signal)
})
write(toJSON(out, auto_unbox = TRUE, digits = 12, pretty = TRUE), "charts.json")
