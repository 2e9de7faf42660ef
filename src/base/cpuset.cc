#include "base/cpuset.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "base/status.h"

namespace crm {
namespace {

absl::StatusOr<int> ParseId(std::string_view text, std::string_view whole) {
  int id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0 || id > CpuSet::kMaxId ||
      text.front() == '-') {
    return InvalidArgument("CPU set \"{}\": \"{}\" is not an id between 0 and {}", whole, text,
                           CpuSet::kMaxId);
  }
  return id;
}

}  // namespace

CpuSet::CpuSet(std::initializer_list<int> ids) {
  for (int id : ids) Add(id);
}

CpuSet CpuSet::Range(int first, int last) {
  CpuSet set;
  for (int id = first; id <= last; ++id) set.Add(id);
  return set;
}

absl::StatusOr<CpuSet> CpuSet::Parse(std::string_view text) {
  CpuSet set;
  if (text.empty()) return set;
  for (size_t start = 0; start <= text.size();) {
    size_t comma = std::min(text.find(',', start), text.size());
    std::string_view item = text.substr(start, comma - start);
    if (item.empty()) return InvalidArgument("CPU set \"{}\": empty item, expected N or A-B", text);
    const size_t dash = item.find('-');
    if (dash == 0 || dash + 1 == item.size()) {
      return InvalidArgument("CPU set \"{}\": \"{}\" is not N or A-B", text, item);
    }
    CRM_ASSIGN_OR_RETURN(int first, ParseId(item.substr(0, dash), text));
    int last = first;
    if (dash != std::string_view::npos) {
      CRM_ASSIGN_OR_RETURN(last, ParseId(item.substr(dash + 1), text));
      if (last < first) return InvalidArgument("CPU set \"{}\": range \"{}\" descends", text, item);
    }
    for (int id = first; id <= last; ++id) set.Add(id);
    start = comma + 1;
  }
  return set;
}

std::string CpuSet::ToString() const {
  std::string text;
  const std::vector<int> ids = Ids();
  for (size_t i = 0; i < ids.size();) {
    size_t j = i;
    while (j + 1 < ids.size() && ids[j + 1] == ids[j] + 1) ++j;
    if (!text.empty()) text += ',';
    text += std::to_string(ids[i]);
    if (j > i) text += '-' + std::to_string(ids[j]);
    i = j + 1;
  }
  return text;
}

std::string CpuSet::ToListString() const {
  std::string text;
  for (int id : Ids()) {
    if (!text.empty()) text += ',';
    text += std::to_string(id);
  }
  return text;
}

bool CpuSet::empty() const { return words_.empty(); }

int CpuSet::size() const {
  int count = 0;
  for (uint64_t word : words_) count += std::popcount(word);
  return count;
}

bool CpuSet::Contains(int id) const {
  const size_t word = static_cast<size_t>(id) / 64;
  return id >= 0 && word < words_.size() && ((words_[word] >> (id % 64)) & 1) != 0;
}

bool CpuSet::Contains(const CpuSet& other) const { return (other - *this).empty(); }

bool CpuSet::Intersects(const CpuSet& other) const {
  for (size_t i = 0; i < std::min(words_.size(), other.words_.size()); ++i) {
    if ((words_[i] & other.words_[i]) != 0) return true;
  }
  return false;
}

void CpuSet::Add(int id) {
  if (id < 0) return;
  const size_t word = static_cast<size_t>(id) / 64;
  if (word >= words_.size()) words_.resize(word + 1);
  words_[word] |= uint64_t{1} << (id % 64);
}

void CpuSet::Remove(int id) {
  if (!Contains(id)) return;
  words_[static_cast<size_t>(id) / 64] &= ~(uint64_t{1} << (id % 64));
  Trim();
}

int CpuSet::First() const {
  for (size_t i = 0; i < words_.size(); ++i) {
    if (words_[i] != 0) return static_cast<int>(i * 64) + std::countr_zero(words_[i]);
  }
  return -1;
}

std::vector<int> CpuSet::Ids() const {
  std::vector<int> ids;
  for (size_t i = 0; i < words_.size(); ++i) {
    for (uint64_t word = words_[i]; word != 0; word &= word - 1) {
      ids.push_back(static_cast<int>(i * 64) + std::countr_zero(word));
    }
  }
  return ids;
}

CpuSet& CpuSet::operator|=(const CpuSet& other) {
  if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
  for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  return *this;
}

CpuSet& CpuSet::operator&=(const CpuSet& other) {
  words_.resize(std::min(words_.size(), other.words_.size()));
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  Trim();
  return *this;
}

CpuSet& CpuSet::operator-=(const CpuSet& other) {
  for (size_t i = 0; i < std::min(words_.size(), other.words_.size()); ++i) words_[i] &= ~other.words_[i];
  Trim();
  return *this;
}

void CpuSet::Trim() {
  while (!words_.empty() && words_.back() == 0) words_.pop_back();
}

}  // namespace crm
