#!/bin/bash
# Builds one sanitizer preset and runs its tests: sanitizer.sh asan|tsan
#
# asan: every unit test and the story on the embedded environment. tsan: what has threads (doors, engine, kube and what
# stands on them); gRPC and Abseil come uninstrumented from Debian, tests/setup/tsan.supp says what that costs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
preset=$1
cmake --preset "$preset" > /dev/null

# canary passes|reports MODE...: the preset must see what is wrong, and only that.
canary() {
  local expected=$1 mode outcome
  shift
  for mode in "$@"; do
    outcome=passes
    "build/$preset/bin/sanitizer_canary" "$mode" > "build/$preset/canary.log" 2>&1 || outcome=reports
    if [ "$outcome" != "$expected" ]; then
      echo "sanitizer.sh: $preset $outcome the canary '$mode', expected: $expected" >&2
      cat "build/$preset/canary.log" >&2
      exit 1
    fi
  done
}

case $preset in
  asan)
    cmake --build --preset asan
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
    canary reports overflow undefined
    canary passes mutex
    ctest --test-dir build/asan --output-on-failure -j "$(nproc)" -L unit
    ctest --test-dir build/asan --output-on-failure -R '^story\.embedded\.1$'
    ;;
  tsan)
    cmake --build --preset tsan --target unit_tests sanitizer_canary
    export TSAN_OPTIONS="suppressions=$PWD/tests/setup/tsan.supp:halt_on_error=1:second_deadlock_stack=1"
    canary reports race
    canary passes mutex condition notification
    ctest --test-dir build/tsan --output-on-failure -j "$(nproc)" -L unit \
      -R '^unit\.(doors|engine|kube|agent|gardener|daemon|observe)'
    ;;
  *) echo "sanitizer.sh: no preset '$preset'; presets: asan, tsan" >&2; exit 2 ;;
esac
