#!/bin/bash
# clang-tidy over the files that differ from a base, or over all of them.
#
#   tidy.sh BUILD_FOLDER [BASE]     BASE: a commit; without it every .cc file of src/ and apps/
set -euo pipefail
build=$(realpath "$1")
base=${2:-}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ -n "$base" ]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cc' 'apps/*.cc')
else
  mapfile -t files < <(git ls-files -- 'src/*.cc' 'apps/*.cc')
fi
[ ${#files[@]} -gt 0 ] || { echo "no C++ file changed"; exit 0; }
# The compile commands are GCC's; the flags that clang 14 does not know are harmless here.
printf '%s\n' "${files[@]}" |
  xargs -P "$(nproc)" -n 4 clang-tidy-14 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-error
echo "${#files[@]} files tidy"
