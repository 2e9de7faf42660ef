#include "placement/cpu_allocator.h"

#include "gtest/gtest.h"

namespace crm::placement {
namespace {

using hardware::CpuPriority;
using hardware::Machine;

CpuSet Set(const std::string& text) { return *CpuSet::Parse(text); }

Machine N4C16() { return *hardware::Synthetic("package:2 die:1 numa:2(memory=2GB) core:2 pu:2"); }

void SetPriorities(Machine* machine, const CpuSet& high, const CpuSet& low) {
  for (auto& [id, cpu] : machine->cpus) {
    if (high.Contains(id)) cpu.priority = CpuPriority::kHigh;
    if (low.Contains(id)) cpu.priority = CpuPriority::kLow;
  }
}

struct Case {
  const char* from;
  int count;
  const char* high;
  const char* normal;
  const char* low;
  const char* none;
};

void Check(const Machine& machine, const std::vector<Case>& cases) {
  const CpuAllocator allocator(machine);
  for (const Case& c : cases) {
    const std::pair<CpuPriority, const char*> expectations[] = {{CpuPriority::kHigh, c.high},
                                                                {CpuPriority::kNormal, c.normal},
                                                                {CpuPriority::kLow, c.low},
                                                                {CpuPriority::kNone, c.none}};
    for (const auto& [prefer, expected] : expectations) {
      if (expected == nullptr) continue;
      SCOPED_TRACE(std::string(c.from) + " / " + std::to_string(c.count) + " prefer " +
                   std::to_string(static_cast<int>(prefer)));
      CpuSet from = Set(c.from);
      const auto got = allocator.Allocate(&from, c.count, prefer);
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(got->ToString(), expected);
      EXPECT_EQ(from, Set(c.from) - *got);
    }
  }
}

Case Any(const char* from, int count, const char* result) {
  return {from, count, result, result, nullptr, result};
}

TEST(CpuAllocator, KeepsPackagesAndCoresWhole) {
  Check(N4C16(), {Any("0-15", 8, "0-7"),
                  Any("0-15", 12, "0-11"),
                  Any("0-15", 15, "0-14"),
                  Any("1-15", 8, "8-15"),
                  Any("1-15", 9, "1,8-15"),
                  Any("1-15", 3, "1-3"),
                  Any("1-15", 2, "2-3"),
                  {"1-15", 1, "8", "1", nullptr, "1"},
                  {"1,3,5,7,9,11", 2, "1,3", "9,11", nullptr, "1,3"},
                  Any("1-7,9-15", 4, "2-5"),
                  Any("2,3,5-7,9,12-15", 5, "2-3,5-7"),
                  Any("1-3,12-15", 6, "2-3,12-15"),
                  Any("3,8-15", 3, "8-10"),
                  {"3,5,8-15", 1, "8", "3", nullptr, nullptr},
                  Any("0-3", 3, "0-2"),
                  Any("4-6", 3, "4-6"),
                  Any("4-7", 0, "")});
}

TEST(CpuAllocator, PrefersAPriority) {
  Machine machine = N4C16();
  SetPriorities(&machine, Set("8,9,12,13"), Set("4-7"));
  Check(machine, {{"0-15", 1, "8", "0", nullptr, nullptr},
                  {"0-15", 2, "8-9", "0-1", "4-5", nullptr},
                  {"0-15", 4, "8-9,12-13", nullptr, nullptr, nullptr},
                  {"0-15", 6, "0-1,8-9,12-13", nullptr, nullptr, nullptr},
                  {"0-15", 5, nullptr, nullptr, "0,4-7", nullptr},
                  {"0-15", 8, "8-15", "0-7", "0-7", nullptr},
                  {"1-7,9-15", 3, "9,12-13", nullptr, nullptr, nullptr},
                  {"1,3,5,7,9,11,13,15", 2, "9,13", "1,3", "5,7", nullptr}});
}

Machine FortyCores() {
  Machine machine = *hardware::Synthetic("package:2 numa:1(memory=8GB) core:20 pu:2");
  // Threads of a core are i and i + 40 there, so the CPUs are renumbered.
  std::map<int, hardware::Cpu> cpus;
  for (const auto& [id, cpu] : machine.cpus) {
    hardware::Cpu moved = cpu;
    moved.id = id / 2 + (id % 2) * 40;
    moved.siblings = {id / 2, id / 2 + 40};
    cpus.emplace(moved.id, moved);
  }
  machine.cpus = std::move(cpus);
  machine.packages[0].cpus = Set("0-19,40-59");
  machine.packages[1].cpus = Set("20-39,60-79");
  const CpuSet high = Set("2,5,8,15,17,42,45,48,55,57");
  SetPriorities(&machine, high, machine.packages[0].cpus - high);
  return machine;
}

TEST(CpuAllocator, FindsPrioritiesAmongSiblingsFarApart) {
  const Machine machine = FortyCores();
  Check(machine, {{"2,3,10-25", 4, "2-3,15,17", nullptr, nullptr, nullptr},
                  {"0-79", 4, "2,5,42,45", "20-21,60-61", "0-1,40-41", nullptr},
                  {"0-79", 12, "2,5,8,15,17,20,42,45,48,55,57,60", nullptr, nullptr, nullptr},
                  {"0-79", 40, "0-19,40-59", "20-39,60-79", nullptr, nullptr}});
  CpuSet from = Set("2,3,10-14,20");
  EXPECT_FALSE(CpuAllocator(machine).Allocate(&from, 9, CpuPriority::kNormal).ok());
}

TEST(CpuAllocator, RefusalLeavesTheSetUntouched) {
  const CpuAllocator allocator(N4C16());
  CpuSet from = Set("4-6");
  const auto got = allocator.Allocate(&from, 4, CpuPriority::kNormal);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(got.status().message(), "cpuset 4-6 does not have 4 CPUs");
  EXPECT_EQ(from, Set("4-6"));
}

TEST(CpuAllocator, OfflineCpusCannotServe) {
  Machine machine = N4C16();
  machine.cpus.erase(9);
  machine.online.Remove(9);
  const CpuAllocator allocator(machine);
  CpuSet from = Set("8-10");
  EXPECT_EQ(allocator.Allocate(&from, 2, CpuPriority::kNormal)->ToString(), "8,10");
  from = Set("9-10");
  EXPECT_EQ(allocator.Allocate(&from, 1, CpuPriority::kNormal)->ToString(), "10");
  from = Set("9,16");
  EXPECT_FALSE(allocator.Allocate(&from, 1, CpuPriority::kNormal).ok());
  EXPECT_EQ(from, Set("9,16"));
}

TEST(CpuAllocator, ReleaseKeepsTheBest) {
  CpuSet from = Set("0-7");
  EXPECT_EQ(CpuAllocator(N4C16()).Release(&from, 3, CpuPriority::kNormal)->ToString(), "0-4");
  EXPECT_EQ(from, Set("5-7"));
}

}  // namespace
}  // namespace crm::placement
