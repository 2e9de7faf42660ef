#!/bin/bash
# Every x_test.py of the suites themselves, each run by itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t tests < <(git ls-files --cached --others --exclude-standard -- '*_test.py')
[ ${#tests[@]} -gt 0 ]
for test in "${tests[@]}"; do
  echo "$test"
  /usr/bin/python3 -B "$test"
done
