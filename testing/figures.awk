# Adds up the figures in the output of tests and fuzzers, and prints them as a
# table. What nobody printed is not in it.

/^[0-9]+ poison rules refused$/ { poison += $1; has_poison = 1 }
/^records [0-9]+ disagreements [0-9]+/ { add("differential records", $2, "disagreements", $4) }
/^files [0-9]+ taken [0-9]+ disagreements [0-9]+/ { add("differential files", $2, "disagreements", $6) }
/^rules [0-9]+ accepted [0-9]+ disagreements [0-9]+$/ { add("rules tried on kernel", $2, "disagreements", $6) }
/^[0-9]+ fault points tried, [0-9]+ states lost$/ { add("fault points tried", $1, "states lost", $5) }
/^fuzz executions [0-9]+ findings [0-9]+$/ { add("fuzz executions", $3, "findings", $5) }

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
  row("fuzz executions")
}
