#pragma once

#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "base/cpuset.h"
#include "hardware/machine.h"

namespace crm::placement {

/// Picks CPUs from a set so that packages and cores stay whole: idle packages first, then idle cores, then
/// threads of cores in use. The preference names the priority of CPUs to take; kNone takes topology alone
/// into account. Pure and immutable after construction; any thread. Spec 20 section 10.
class CpuAllocator {
 public:
  explicit CpuAllocator(const hardware::Machine& machine);

  /// Moves `count` CPUs out of `from` and returns them. ResourceExhausted when `from` has fewer (offline CPUs
  /// do not count unless all of `from` is asked for); `from` is untouched then.
  absl::StatusOr<CpuSet> Allocate(CpuSet* from, int count, hardware::CpuPriority prefer) const;

  /// Gives up `count` CPUs of `from`: returns the best ones that are kept and leaves those given up in
  /// `from`.
  absl::StatusOr<CpuSet> Release(CpuSet* from, int count, hardware::CpuPriority prefer) const;

 private:
  static constexpr int kPriorities = 3;  ///< high, normal, low

  struct Counts {
    int of[kPriorities] = {};
  };
  struct CpuInfo {
    int package = 0;  ///< index in packages_
    CpuSet core;
    int priority = 0;
    bool leads_core = false;  ///< lowest id of its core
  };
  struct State {
    CpuSet free;
    CpuSet taken;
    int missing = 0;
    int prefer = 0;
  };

  Counts Count(const CpuSet& cpus) const;
  static int Compare(const Counts& a, const Counts& b, int prefer, int wanted);
  void TakeIdlePackages(State* state) const;
  void TakeIdleCores(State* state) const;
  void TakeThreads(State* state) const;

  std::vector<CpuSet> packages_;  ///< ascending package id, online CPUs
  std::map<int, CpuInfo> cpus_;
  CpuSet of_priority_[kPriorities];
  CpuSet online_;
};

}  // namespace crm::placement
