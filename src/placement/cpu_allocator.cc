#include "placement/cpu_allocator.h"

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace crm::placement {

CpuAllocator::CpuAllocator(const hardware::Machine& machine) : online_(machine.online) {
  std::map<int, int> index;
  for (const hardware::Package& package : machine.packages) {
    index[package.id] = static_cast<int>(packages_.size());
    packages_.push_back(package.cpus & machine.online);
  }
  for (const auto& [id, cpu] : machine.cpus) {
    CpuInfo info;
    info.package = index[cpu.package];
    info.core = (cpu.siblings & machine.online) | CpuSet{id};
    info.priority = static_cast<int>(cpu.priority);
    info.leads_core = info.core.First() == id;
    if (info.priority < kPriorities) of_priority_[info.priority].Add(id);
    cpus_.emplace(id, std::move(info));
  }
}

CpuAllocator::Counts CpuAllocator::Count(const CpuSet& cpus) const {
  Counts counts;
  for (int p = 0; p < kPriorities; ++p) counts.of[p] = (cpus & of_priority_[p]).size();
  return counts;
}

/// Spec 20 section 10.3, `cmp`: positive when `a` is preferred.
int CpuAllocator::Compare(const Counts& a, const Counts& b, int prefer, int wanted) {
  if (prefer >= kPriorities) return 0;
  for (int p = prefer; p < kPriorities; ++p) {
    if (wanted > 0 && p == prefer && a.of[p] >= wanted && b.of[p] >= wanted) return b.of[p] - a.of[p];
    if (a.of[p] != b.of[p]) return a.of[p] - b.of[p];
  }
  for (int p = 0; p < prefer; ++p) {
    if (a.of[p] != b.of[p]) return b.of[p] - a.of[p];
  }
  return 0;
}

void CpuAllocator::TakeIdlePackages(State* state) const {
  struct Candidate {
    const CpuSet* cpus;
    Counts counts;
  };
  std::vector<Candidate> idle;
  for (const CpuSet& package : packages_) {
    if (!package.empty() && state->free.Contains(package)) idle.push_back({&package, Count(package)});
  }
  std::stable_sort(idle.begin(), idle.end(), [&](const Candidate& a, const Candidate& b) {
    return Compare(a.counts, b.counts, state->prefer, -1) > 0;
  });
  for (const Candidate& package : idle) {
    if (state->missing < package.cpus->size()) continue;
    state->taken |= *package.cpus;
    state->free -= *package.cpus;
    state->missing -= package.cpus->size();
  }
}

void CpuAllocator::TakeIdleCores(State* state) const {
  struct Candidate {
    const CpuSet* cpus;
    Counts counts;
  };
  std::vector<Candidate> idle;
  for (int id : state->free.Ids()) {
    const auto cpu = cpus_.find(id);
    if (cpu == cpus_.end() || !cpu->second.leads_core || !state->free.Contains(cpu->second.core)) continue;
    idle.push_back({&cpu->second.core, Count(cpu->second.core)});
  }
  std::stable_sort(idle.begin(), idle.end(), [&](const Candidate& a, const Candidate& b) {
    return Compare(a.counts, b.counts, state->prefer, -1) > 0;
  });
  for (const Candidate& core : idle) {
    if (state->missing == 0) return;
    if (state->missing < core.cpus->size()) continue;
    state->taken |= *core.cpus;
    state->free -= *core.cpus;
    state->missing -= core.cpus->size();
  }
}

void CpuAllocator::TakeThreads(State* state) const {
  struct Candidate {
    int id;
    int package;
    int core_free;
    Counts self;
  };
  std::vector<int> taken_of_package;
  std::vector<Counts> free_of_package;
  for (const CpuSet& package : packages_) {
    taken_of_package.push_back((package & state->taken).size());
    free_of_package.push_back(Count(package & state->free));
  }
  std::vector<Candidate> threads;
  for (int id : state->free.Ids()) {
    const auto cpu = cpus_.find(id);
    if (cpu == cpus_.end()) continue;  // offline
    Candidate candidate{id, cpu->second.package, (cpu->second.core & state->free).size(), {}};
    if (cpu->second.priority < kPriorities) candidate.self.of[cpu->second.priority] = 1;
    threads.push_back(candidate);
  }
  const int wanted = state->missing;
  std::stable_sort(threads.begin(), threads.end(), [&](const Candidate& a, const Candidate& b) {
    const size_t pa = static_cast<size_t>(a.package);
    const size_t pb = static_cast<size_t>(b.package);
    if (taken_of_package[pa] != taken_of_package[pb]) return taken_of_package[pa] > taken_of_package[pb];
    if (const int order = Compare(free_of_package[pa], free_of_package[pb], state->prefer, wanted);
        order != 0) {
      return order > 0;
    }
    if (a.package != b.package) return a.package < b.package;
    if (const int order = Compare(a.self, b.self, state->prefer, 0); order != 0) return order > 0;
    return a.core_free < b.core_free;
  });
  for (const Candidate& thread : threads) {
    if (state->missing == 0) return;
    state->taken.Add(thread.id);
    state->free.Remove(thread.id);
    --state->missing;
  }
}

absl::StatusOr<CpuSet> CpuAllocator::Allocate(CpuSet* from, int count, hardware::CpuPriority prefer) const {
  const int size = from->size();
  if (count < 0 || size < count) {
    return ResourceExhausted("cpuset {} does not have {} CPUs", from->ToString(), count);
  }
  if (size == count) return std::exchange(*from, CpuSet());
  State state{*from, CpuSet(), count, static_cast<int>(prefer)};
  if (count > 0) TakeIdlePackages(&state);
  if (state.missing > 0) TakeIdleCores(&state);
  if (state.missing > 0) TakeThreads(&state);
  if (state.missing > 0) {
    return ResourceExhausted("cpuset {} does not have {} CPUs that are online", from->ToString(), count);
  }
  *from = std::move(state.free);
  return std::move(state.taken);
}

absl::StatusOr<CpuSet> CpuAllocator::Release(CpuSet* from, int count, hardware::CpuPriority prefer) const {
  return Allocate(from, from->size() - count, prefer);
}

}  // namespace crm::placement
