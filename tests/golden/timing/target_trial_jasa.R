# Reference for models/target_trial*: Stanford heart transplant data (survival::jasa, see ../survival/SOURCE.md).
#   Rscript target_trial_jasa.R ../survival/data/jasa_ccw_input.csv > target_trial_jasa.json
# Pooled logistic regression of first transplant on person-days; weights and weighted curves person-day by person-day.
library(survival)
d <- read.csv(commandArgs(TRUE)[1])
d$exit <- ceiling(d$fu); window <- 60
d$contact <- ifelse(d$tx == 1, pmax(d$wt, 1), Inf); d$contact[d$contact >= d$exit] <- Inf
edges <- c(0, 1, 7, 14, 21, 28, 42)
days <- do.call(rbind, lapply(seq_len(nrow(d)), function(i) {
  last <- min(d$contact[i], d$exit[i] - 1, window); if (last < 1) return(NULL)
  data.frame(i = i, day = 1:last, seen = as.integer(1:last == d$contact[i]), age = d$age[i], surgery = d$surgery[i]) }))
days$period <- factor(findInterval(days$day - 1, edges))
fit <- glm(seen ~ period + age + surgery, binomial, days, control = glm.control(epsilon = 1e-14, maxit = 100))
days$p <- fitted(fit)
chance <- matrix(0, nrow(d), window); chance[cbind(days$i, days$day)] <- days$p
curve <- function(after, by, never) {
  rows <- do.call(rbind, lapply(seq_len(nrow(d)), function(i) {
    out <- NULL; w <- 1; now <- d$contact[i]
    for (t in 1:d$exit[i]) {               # weight on day t: history up to t - 1
      h <- t - 1
      if (h >= 1 && h <= by && now >= h) { # a day on which the strategy and the data could part
        star <- if (never) 0 else if (h <= after) 0 else 1 / (by - h + 1)
        w <- w * if (now == h) star / chance[i, h] else (1 - star) / (1 - chance[i, h])
      }
      if (w == 0) break
      out <- rbind(out, c(i, t - 1, t, as.integer(t == d$exit[i] && d$ev[i] == 1), w))
    }
    out }))
  s <- summary(survfit(Surv(rows[, 2], rows[, 3], rows[, 4]) ~ 1, weights = rows[, 5]), times = c(60, 180, 365))
  list(surv = s$surv, sum_of_weights = sum(rows[, 5]), rows = nrow(rows)) }
say <- function(x) paste0("[", paste(sprintf("%.15g", x), collapse = ", "), "]")
cat("{\n \"R\": \"", R.version.string, "; survival ", as.character(packageVersion("survival")), "\",\n", sep = "")
cat(" \"coefficient\": ", say(coef(fit)), ",\n \"se\": ", say(sqrt(diag(vcov(fit)))), ",\n", sep = "")
for (s in list(list("within 60 days", 0, 60, FALSE), list("days 15 to 60", 14, 60, FALSE), list("none within 60 days", 0, 60, TRUE))) {
  got <- curve(s[[2]], s[[3]], s[[4]])
  cat(" \"", s[[1]], "\": {\"surv\": ", say(got$surv), ", \"sum_of_weights\": ", say(got$sum_of_weights), "}",
      if (s[[1]] == "none within 60 days") "\n" else ",\n", sep = "") }
cat("}\n")
