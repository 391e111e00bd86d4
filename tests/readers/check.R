# Reads exported tables as R does, and compares them with the session itself.
#
#   check.R SESSION TABLES

arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(file.path(arguments[1], "observations.csv"))
stopifnot(nrow(rows) > 0, is.numeric(rows$p_happiness), is.numeric(rows$timestamp))

wide <- read.csv(file.path(arguments[2], "wide.csv"))
stopifnot(identical(names(wide)[1:3], c("session", "participant", "marker")))
stopifnot(all.equal(wide[names(rows)], rows))

# As Excel writes it where numbers have a decimal comma.
excel <- read.csv2(file.path(arguments[2], "excel.csv"), fileEncoding = "UTF-8-BOM")
stopifnot(all.equal(excel[names(rows)], rows))

long <- read.csv(file.path(arguments[2], "long.csv"))
happy <- long$value[long$measure == "p_happiness"]
stopifnot(all.equal(happy, rows$p_happiness[!is.na(rows$p_happiness)]))

cat("R reads all tables:", nrow(rows), "rows\n")
