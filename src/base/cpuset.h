#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace crm {

/// A set of small non-negative ids: logical CPUs, NUMA nodes. A value type; iteration order is ascending.
/// Thread-compatible. Text forms: spec 20 section 8.
class CpuSet {
 public:
  /// Ids at or above this are refused by Parse (the kernel's own limit is lower).
  static constexpr int kMaxId = 65535;

  CpuSet() = default;
  CpuSet(std::initializer_list<int> ids);
  /// All ids in [first, last].
  static CpuSet Range(int first, int last);

  /// Parses "0-3,8". Errors: empty item, non-digit, descending range, id above kMaxId. "" is the empty set.
  static absl::StatusOr<CpuSet> Parse(std::string_view text);

  /// Canonical form: ascending, runs of two or more as "a-b".
  std::string ToString() const;
  /// Plain comma list without ranges, the form of memory sets: "0,1,2".
  std::string ToListString() const;

  bool empty() const;
  int size() const;
  bool Contains(int id) const;
  bool Contains(const CpuSet& other) const;
  bool Intersects(const CpuSet& other) const;
  void Add(int id);
  void Remove(int id);
  /// Lowest id; -1 when empty.
  int First() const;
  std::vector<int> Ids() const;

  CpuSet& operator|=(const CpuSet& other);
  CpuSet& operator&=(const CpuSet& other);
  CpuSet& operator-=(const CpuSet& other);
  friend CpuSet operator|(CpuSet a, const CpuSet& b) { return a |= b; }
  friend CpuSet operator&(CpuSet a, const CpuSet& b) { return a &= b; }
  friend CpuSet operator-(CpuSet a, const CpuSet& b) { return a -= b; }
  friend bool operator==(const CpuSet& a, const CpuSet& b) { return a.words_ == b.words_; }
  /// An arbitrary total order, for use as a map key.
  friend bool operator<(const CpuSet& a, const CpuSet& b) { return a.words_ < b.words_; }

 private:
  void Trim();

  std::vector<uint64_t> words_;  // no trailing zero words
};

}  // namespace crm
