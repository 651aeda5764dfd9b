# Adds up the figures in the output of tests and fuzzers, and prints them as a
# table. What nobody printed is not in it.

/^[0-9]+ poison rules refused$/ { poison += $1; has_poison = 1 }
/^records [0-9]+ disagreements [0-9]+/ { add("differential records", $2, "disagreements", $4) }
/^files [0-9]+ taken [0-9]+ disagreements [0-9]+/ { add("differential files", $2, "disagreements", $6) }
/^rules [0-9]+ accepted [0-9]+ disagreements [0-9]+$/ { add("rules tried on kernel", $2, "disagreements", $6) }
/^[0-9]+ fault points tried, [0-9]+ states lost$/ { add("fault points tried", $1, "states lost", $5) }
/^parallel runs [0-9]+ false OK [0-9]+$/ { add("parallel runs", $3, "false OK", $6) }
/^starts under [0-9]+ replacements [0-9]+ failed [0-9]+$/ { add("starts while replaced", $5, "failed", $7) }
/^storms of interruptions [0-9]+ false OK or lost [0-9]+$/ { add("storms of EINTR", $4, "lost", $9) }
/^fuzz executions on (64|32) bits [0-9]+ findings [0-9]+$/ { add("fuzz executions " $4 "-bit", $6, "findings", $8) }

function add(what, count, what_bad, bad) {
  counts[what] += count
  bads[what] += bad
  names[what] = what_bad
}

function row(what) {
  if (what in counts) printf "%-22s %10d   %-14s %d\n", what, counts[what], names[what], bads[what]
}

END {
  if (has_poison) printf "%-22s %10d\n", "poison rules refused", poison
  row("differential records")
  row("differential files")
  row("rules tried on kernel")
  row("fault points tried")
  row("parallel runs")
  row("starts while replaced")
  row("storms of EINTR")
  row("fuzz executions 64-bit")
  row("fuzz executions 32-bit")
}
