#!/bin/bash
# Every C++ file stands as clang-format 14 would write it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t files < <(git ls-files --cached --others --exclude-standard -- 'src/*.cc' 'src/*.h' 'apps/*.cc' 'apps/*.h' 'test/*.cc' 'test/*.h' 'bench/*.cc')
[ ${#files[@]} -gt 0 ]
clang-format-14 --dry-run -Werror "${files[@]}"
echo "${#files[@]} files formatted"
