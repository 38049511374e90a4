# Reference values for change statistics. Run in this folder: Rscript change.R
# Writes change_scores.csv (invented data, ours) and change.json. R 4.2.2; nlme 3.1-162, pROC 1.18.0, sandwich 3.0-2.
suppressMessages({library(nlme); library(pROC); library(jsonlite); library(sandwich)})
set.seed(20260401)
n <- 160
provider <- rep(1:8, each = n / 8)
group <- rep(c(0, 1), n / 2)
shift <- rnorm(8, 0, 3)[provider]
baseline <- round(pmin(95, pmax(5, rnorm(n, 55, 14) + shift)))
end <- round(pmin(100, pmax(0, 0.8 * baseline + 20 + 2 * group + rnorm(n, 0, 9))))
follow <- round(pmin(100, pmax(0, 0.9 * end + 4 + rnorm(n, 0, 10))))
# missing at random: the lower the end score, the likelier the follow-up is missing
follow[runif(n) < plogis(1.5 - 0.05 * end)] <- NA
end_gap <- end; end_gap[runif(n) < 0.08] <- NA
anchor <- rbinom(n, 1, plogis(-1 + 0.12 * (end - baseline)))
d <- data.frame(id = 1:n, provider, group, baseline, end, end_gap, follow, anchor)
write.csv(d, "change_scores.csv", row.names = FALSE)
out <- list()

change <- d$end - d$baseline
tt <- t.test(d$end, d$baseline, paired = TRUE)
out$paired <- list(mean = unname(tt$estimate), lower = tt$conf.int[1], upper = tt$conf.int[2], p = tt$p.value,
                   se = sd(change) / sqrt(n))
srm <- mean(change) / sd(change)
solve_ncp <- function(q) uniroot(function(x) pt(srm * sqrt(n), n - 1, x) - q, c(-50, 50), tol = 1e-12)$root
out$srm <- list(value = srm, lower = solve_ncp(0.975) / sqrt(n), upper = solve_ncp(0.025) / sqrt(n))
# leave-one-provider-out, by brute force
jack <- function(f) {
  whole <- f(d)
  left <- sapply(unique(d$provider), function(g) f(d[d$provider != g, ]))
  G <- length(left); se <- sqrt((G - 1) / G * sum((left - mean(left))^2))
  list(value = whole, se = se, lower = whole - qt(.975, G - 1) * se, upper = whole + qt(.975, G - 1) * se)
}
out$jack_mean <- jack(function(x) mean(x$end - x$baseline))
out$jack_srm <- jack(function(x) mean(x$end - x$baseline) / sd(x$end - x$baseline))
out$jack_es <- jack(function(x) mean(x$end - x$baseline) / sd(x$baseline))
out$jack_percent <- jack(function(x) 100 * mean(x$end - x$baseline) / mean(x$baseline))
out$jack_share <- jack(function(x) 100 * mean(x$end > x$baseline))
out$jack_slope <- jack(function(x) unname(coef(lm(end ~ group + baseline + factor(provider), x))["group"]))
f <- lm(end ~ group + I(baseline - mean(baseline)), d)
V <- vcovHC(f, type = "HC3")
out$ancova <- list(value = unname(coef(f)["group"]), se = sqrt(V["group", "group"]))
arm <- d$provider <= 4
r <- resid(lm(end ~ baseline, d))
m <- tapply(r, d$provider, mean)
two <- t.test(m[1:4], m[5:8], var.equal = TRUE)
out$two_stage <- list(value = unname(two$estimate[1] - two$estimate[2]), lower = two$conf.int[1],
                      upper = two$conf.int[2], p = two$p.value)
w <- prop.test(sum(change > 0), n, correct = FALSE)$conf.int
out$wilson <- list(value = 100 * mean(change > 0), lower = 100 * w[1], upper = 100 * w[2])

ro <- roc(d$anchor, change, quiet = TRUE, direction = "<")
ci <- ci.auc(ro, method = "delong")
fit <- glm(anchor ~ change, binomial, d)
p <- mean(d$anchor); odds <- log(p / (1 - p))
pred <- (odds - coef(fit)[1]) / coef(fit)[2]
out$anchor <- list(auc = as.numeric(auc(ro)), lower = ci[1], upper = ci[3],
  youden = as.numeric(coords(ro, "best", best.method = "youden", transpose = TRUE)["threshold"]), predictive = unname(pred),
  adjusted = unname(pred - (0.090 + 0.103 * cor(change, d$anchor)) * sd(change) * odds))

long <- reshape(d[, c("id", "group", "baseline", "end_gap", "follow")], direction = "long",
  varying = c("baseline", "end_gap", "follow"), v.names = "y", timevar = "time", times = 1:3, idvar = "id")
long <- long[order(long$id, long$time), ]
long <- long[!is.na(long$y), ]
ctl <- glsControl(tolerance = 1e-12, msTol = 1e-14, msMaxIter = 500, maxIter = 500)
g <- gls(y ~ 0 + factor(time), long, correlation = corSymm(form = ~ time | id), weights = varIdent(form = ~ 1 | time),
  method = "REML", control = ctl)
L <- rbind(c(-1, 1, 0), c(-1, 0, 1), c(0, -1, 1))
out$mmrm <- list(mean = unname(coef(g)), mean_se = unname(sqrt(diag(vcov(g)))), change = as.vector(L %*% coef(g)),
  change_se = sqrt(diag(L %*% vcov(g) %*% t(L))))
b <- d[, c("id", "group", "baseline", "end_gap", "follow")]
b$bc <- b$baseline - mean(b$baseline)
post <- reshape(b, direction = "long", varying = c("end_gap", "follow"), v.names = "y", timevar = "time", times = 1:2,
  idvar = "id")
post <- post[!is.na(post$y), ]; post <- post[order(post$id, post$time), ]
g2 <- gls(y ~ factor(time) / (group + bc) + 0, post, correlation = corSymm(form = ~ time | id),
  weights = varIdent(form = ~ 1 | time), method = "REML", control = ctl)
out$mmrm_group <- list(names = names(coef(g2)), value = unname(coef(g2)), se = unname(sqrt(diag(vcov(g2)))))

lim <- function(n, p, q) { r <- qbinom(q, n, p); a <- (pbinom(r, n, p) - q) / dbinom(r, n, p); pmin(1, pmax(0, (r - a) / n)) }
out$funnel <- list(n = c(5, 12, 40, 150), low95 = lim(c(5, 12, 40, 150), .83, .025), high998 = 1 - lim(c(5, 12, 40, 150), 1 - .83, .001))

write(toJSON(out, auto_unbox = TRUE, digits = 12, pretty = TRUE), "change.json")
