#!/bin/bash
# Every shell script, found by its first line, passes shellcheck.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t scripts < <(git ls-files --cached --others --exclude-standard | while read -r file; do
  if [ -f "$file" ] && head -c 64 "$file" | head -n 1 | grep -aqE '^#!.*\b(ba)?sh\b'; then echo "$file"; fi
done)
[ ${#scripts[@]} -gt 0 ]
shellcheck "${scripts[@]}"
echo "${#scripts[@]} scripts checked"
