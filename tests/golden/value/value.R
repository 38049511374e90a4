# Reference results for censored cost, QALYs and decisions, with R's survival package and base R.
# Run in this folder: Rscript value.R   (R 4.x, survival; writes people.csv, daily use is rate per day while seen)
suppressMessages(library(survival))
set.seed(20260401)
n <- 120; h <- 60
death <- rgeom(n, 0.008) + 1; lost <- sample(15:110, n, replace = TRUE)
seen <- pmin(death, lost, h); died <- as.integer(death <= lost & death <= h)
d <- data.frame(person_id = sprintf("P%03d", 1:n), exit_day = seen, died = died,
                rate = round(rgamma(n, 2, 1), 2), late = round(rgamma(n, 1, 1), 2), arm = rep(0:1, n / 2))
d$u0 <- round(rnorm(n, .6, .2), 3); d$u1 <- round(d$u0 + .05 * d$arm + rnorm(n, 0, .1), 3)
d$u2 <- round(d$u0 + .10 * d$arm + rnorm(n, 0, .1), 3)
write.csv(d, "people.csv", row.names = FALSE, quote = FALSE)
use <- t(sapply(1:n, function(i) { t <- 0:(h - 1); (d$rate[i] + d$late[i] * (t >= 30)) * (t < d$exit_day[i]) }))
whole <- d$died == 1 | d$exit_day >= h
# Chance of still being seen: loss is the event; a death of the same day comes first, so losses are moved by half a day.
time <- d$exit_day + ifelse(whole, 0, .5)
k <- survfit(Surv(time, !whole) ~ 1)
K <- stepfun(k$time, c(1, k$surv))                                   # asked just before t, so at t - .25
simple <- sum((rowSums(use) / K(d$exit_day - .25))[whole]) / n
part <- function(w) sum(sapply(seq(0, h - 1, w), function(a) {
  b <- min(a + w, h); end <- pmin(d$exit_day, b); ok <- d$exit_day > a & (d$exit_day >= b | d$died == 1)
  sum((rowSums(use[, (a + 1):b, drop = FALSE]) / K(end - .25))[ok]) })) / n
s <- survfit(Surv(d$exit_day, d$died) ~ 1)
S <- summary(s, times = 0:(h - 1), extend = TRUE)$surv
lin <- sum(S * sapply(0:(h - 1), function(t) mean(use[d$exit_day > t, t + 1])))
area <- (d$u0 + d$u1) / 2 * 180 / 365.25 + (d$u1 + d$u2) / 2 * 184 / 365.25
fit <- lm(area ~ arm + u0, data = d)
b <- rbind(c(1200, -300), c(2500, 100), c(-800, 600), c(400, 350), c(900, -250))    # net benefit, options in columns
cat(sprintf('{"command": "Rscript value.R", "r": "%s", "survival": "%s",\n', getRversion(), packageVersion("survival")))
cat(sprintf(' "simple": %.12g, "partitioned_10": %.12g, "partitioned_1": %.12g, "by_days": %.12g,\n', simple, part(10), part(1), lin))
cat(sprintf(' "qaly_mean": %.12g, "qaly_difference": %.12g, "qaly_slope": %.12g,\n', mean(area), coef(fit)[2], coef(fit)[3]))
cat(sprintf(' "evpi": %.12g, "loss_300_500": %.12g}\n', mean(apply(b, 1, max)) - max(colMeans(b)),
            500 * (dnorm(.6) - .6 * pnorm(.6, lower.tail = FALSE))))
