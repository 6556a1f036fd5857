#!/bin/sh
# The true total of the ledger of seeds.
awk '!/^#/ && NF { seeds += $3; asked += $4; queued += $5; faults += $7; failed += $9; runs++ }
     END { printf "ledger: %d runs, %d seeds, %d actions decided, %d queued, %d faults, %d failed\n", runs, seeds, asked, queued, faults, failed }' "$1"
