#!/bin/sh
# Three schedulers on the same 1000 requests: first come first served, shortest job first, and
# Dysta with its waiting term scaled to these networks.
#
# DYSTA names the program; without it the release build of this repository is used.
set -eu
repository=$(dirname "$0")/../..

exec "${DYSTA:-$repository/build/release/dysta}" simulate \
  --traces "$repository/data/traces/eyeriss_v2" \
  --load 0.9 --count 1000 --seed 1 --slo-multiplier 10 \
  --policies fcfs,sjf,dysta:wait_unit_s=auto
