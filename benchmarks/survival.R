# One task of benchmarks/survival.py in R: reads the binary columns of a folder, times the call alone, prints JSON.
# Rscript benchmarks/survival.R FOLDER TASK ; user + system time of this process; warmed up where short, as survival.py says.
suppressMessages(library(survival))
args <- commandArgs(TRUE)
folder <- args[1]
task <- args[2]
column <- function(name) {
  path <- file.path(folder, paste0(name, ".i32"))
  readBin(path, "integer", n = file.size(path) / 4, size = 4)
}
rows <- if (startsWith(task, "tv")) "rows_" else ""
d <- data.frame(exit = column(paste0(rows, "exit_day")), event = column(paste0(rows, "event")))
for (name in c("b0", "b1", "b2", "b3", "age", "team", "person_id")) d[[name]] <- column(paste0(rows, name))
d$five <- factor(column(paste0(rows, "five")))
if (rows != "") {
  d$entry <- column("rows_entry_day")
  d$ot <- column("rows_ot")
}
d$own <- as.integer(d$event == 1)
d$state <- factor(d$event, 0:2, c("censor", "increase", "death"))
# Before 3.5-7 robust errors cost rows x events: hours at this size. The same model without them is timed instead, which
# is less work than R would need; its coefficients are compared, its errors are not.
robust <- packageVersion("survival") >= "3.5.7"
cluster <- function(who) if (robust) who
call <- switch(task,
  cox = function() coxph(Surv(exit, own) ~ b0 + b1 + b2 + b3 + five + age, d),
  cox_cluster = function() coxph(Surv(exit, own) ~ b0 + b1 + b2 + b3 + five + age, d, cluster = cluster(d$team)),
  tv_cluster = function() coxph(Surv(entry, exit, own) ~ ot + b0 + b1 + b2 + b3 + five + age, d,
    cluster = cluster(d$person_id)),
  aalen_johansen = function() survfit(Surv(exit, state) ~ 1, d),
  fine_gray = function() {
    f <- finegray(Surv(exit, state) ~ ., d[, c("exit", "state", "b0", "b1", "b2", "b3", "five", "age", "person_id")],
      etype = "increase")
    coxph(Surv(fgstart, fgstop, fgstatus) ~ b0 + b1 + b2 + b3 + five + age, f, weights = fgwt,
      cluster = cluster(f$person_id))
  },
  restricted_mean = function() summary(survfit(Surv(exit, event > 0) ~ b0, d), rmean = 365)$table
)
cpu <- function() {
  begin <- proc.time()
  value <- call()
  spent <- proc.time() - begin
  list(value = value, ms = 1000 * (spent[["user.self"]] + spent[["sys.self"]]))
}
first <- cpu()
again <- first
if (first$ms < 3000) {
  found <- lapply(seq_len(if (first$ms < 500) 7 else 1), function(i) cpu())
  again <- list(value = found[[1]]$value, ms = median(sapply(found, function(f) f$ms)))
}
found <- switch(task,
  aalen_johansen = {
    s <- summary(again$value, times = 365)
    c(s$pstate[1, 2], s$std.err[1, 2])
  },
  restricted_mean = again$value[2, "rmean"] - again$value[1, "rmean"],
  c(unname(coef(again$value)), unname(sqrt(diag(vcov(again$value)))))
)
label <- if (grepl("cluster|fine_gray", task) && !robust) "R without robust errors" else "R"
label <- sprintf("%s (survival %s)", label, packageVersion("survival"))
cat(sprintf('{"ms": %.3f, "label": "%s", "found": [%s]}\n', again$ms, label, paste(formatC(found, digits = 15, format = "g"), collapse = ", ")))
