// The grammar of cache and bandwidth shares: spec 40 section 5.2.
#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "base/status.h"
#include "config/scalar.h"
#include "config/value_type.h"

namespace crm::config {
namespace {

constexpr int kHighestCacheId = 127;
constexpr int kMaskBits = 64;
constexpr std::string_view kShareExpected =
    "a percentage (\"50%\"), a range of it (\"20-60%\"), a mask (\"0xff0\") or bits (\"0-3,4\")";
constexpr std::string_view kBandwidthExpected = "a bandwidth such as \"50%\" or \"2000MBps\"";

template <typename T>
bool ReadNumber(std::string_view text, T* number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number, base);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// "n" or "a-b" with a < b, as [first, last].
bool ReadRange(std::string_view text, int highest, int* first, int* last) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    if (!ReadNumber(text, first)) return false;
    *last = *first;
  } else if (!ReadNumber(text.substr(0, dash), first) || !ReadNumber(text.substr(dash + 1), last) ||
             *first >= *last) {
    return false;
  }
  return *first >= 0 && *last <= highest;
}

// Calls `take` for each part between commas until it says no.
bool EachPart(std::string_view list, const std::function<bool(std::string_view)>& take) {
  for (size_t at = 0; at <= list.size();) {
    const size_t comma = std::min(list.find(',', at), list.size());
    if (!take(list.substr(at, comma - at))) return false;
    at = comma + 1;
  }
  return true;
}

absl::StatusOr<RdtCacheShare> ReadPercent(const Node& node, std::string_view text) {
  RdtCacheShare share;
  const size_t dash = text.find('-');
  const bool range = dash != std::string_view::npos;
  const std::string_view low = range ? text.substr(0, dash) : "0";
  const std::string_view high = range ? text.substr(dash + 1) : text;
  if (!ReadNumber(low, &share.low_percent) || !ReadNumber(high, &share.high_percent) ||
      share.low_percent < 0 || share.high_percent > 100 || share.low_percent > share.high_percent) {
    return Expected(node, "a percentage from 0 to 100, the lower one first");
  }
  return share;
}

absl::StatusOr<RdtCacheShare> ReadShare(const Node& node) {
  const std::optional<std::string> given = ScalarText(node);
  if (!given) return Expected(node, kShareExpected);
  const std::string_view text = *given;
  if (text.ends_with('%')) return ReadPercent(node, text.substr(0, text.size() - 1));
  RdtCacheShare share;
  share.is_mask = true;
  if (text.starts_with("0x")) {
    if (!ReadNumber(text.substr(2), &share.mask, 16)) return Expected(node, kShareExpected);
  } else {
    const bool read = EachPart(text, [&](std::string_view part) {
      int first = 0;
      int last = 0;
      if (!ReadRange(part, kMaskBits - 1, &first, &last)) return false;
      for (int bit = first; bit <= last; ++bit) share.mask |= uint64_t{1} << bit;
      return true;
    });
    if (!read) return Expected(node, kShareExpected);
  }
  // The hardware takes one run of ones.
  const uint64_t run = share.mask == 0 ? 0 : share.mask >> std::countr_zero(share.mask);
  if (run == 0 || (run & (run + 1)) != 0) return Expected(node, "a mask of one contiguous run of bits");
  return share;
}

absl::StatusOr<RdtCache> ReadCache(const Node& node) {
  RdtCache cache;
  if (!node.IsMap()) {
    if (!ScalarText(node))
      return Expected(node, "a cache share (\"50%\", \"0xff\") or {unified, code, data}");
    CRM_ASSIGN_OR_RETURN(cache.unified, ReadShare(node));
    return cache;
  }
  bool unified = false;
  for (const Node::Entry& entry : node.entries) {
    const std::string key = absl::AsciiStrToLower(entry.key);
    if (entry.value.kind == Node::Kind::kNull) continue;
    absl::StatusOr<RdtCacheShare> share = ReadShare(entry.value);
    if (key != "unified" && key != "code" && key != "data") {
      return InvalidArgument("unknown configuration data {}, expected unified, code, data",
                             Quoted(entry.key));
    }
    if (!share.ok()) return Annotate(share.status(), entry.key);
    unified = unified || key == "unified";
    (key == "unified" ? cache.unified : key == "code" ? cache.code.emplace() : cache.data.emplace()) = *share;
  }
  if (!unified) return Expected(node, "unified, with or without code and data");
  if (cache.code.has_value() != cache.data.has_value())
    return Expected(node, "code and data, or none of them");
  return cache;
}

absl::StatusOr<RdtBandwidth> ReadBandwidth(const Node& node) {
  if (node.kind != Node::Kind::kList) return Expected(node, "a list of bandwidths (\"50%\", \"2000MBps\")");
  RdtBandwidth bandwidth;
  for (const Node& item : node.items) {
    const std::string text = ScalarText(item).value_or("");
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view number = std::string_view(text).substr(0, digits);
    const std::string_view unit = std::string_view(text).substr(digits);
    if (number.empty() || unit.empty() || unit.find_first_of(" \t") != std::string_view::npos) {
      return Expected(item, kBandwidthExpected);
    }
    if (unit == "%") {
      int percent = 0;
      if (!ReadNumber(number, &percent) || percent > 100) return Expected(item, "a percentage from 0 to 100");
      if (!bandwidth.percent) bandwidth.percent = percent;
    } else if (unit == "MBps") {
      uint32_t mbps = 0;
      if (!ReadNumber(number, &mbps)) return Expected(item, "a bandwidth of at most 4294967295MBps");
      if (!bandwidth.mbps) bandwidth.mbps = mbps;
    } else {
      bandwidth.ignored.push_back(text);
    }
  }
  if (!bandwidth.percent && !bandwidth.mbps) {
    return Expected(node, fmt::format("at least one entry in % or MBps, {}", kBandwidthExpected));
  }
  return bandwidth;
}

// One value for all caches, or a mapping of "all" and lists of cache ids to values.
template <typename T>
absl::StatusOr<RdtPerCache<T>> ReadPerCache(const Node& node, absl::StatusOr<T> (*read)(const Node&)) {
  RdtPerCache<T> allocation;
  if (!node.IsMap()) {
    CRM_ASSIGN_OR_RETURN(allocation.all, read(node));
    return allocation;
  }
  for (const Node::Entry& entry : node.entries) {
    absl::StatusOr<T> value = read(entry.value);
    if (!value.ok()) return Annotate(value.status(), fmt::format("cache {}", Quoted(entry.key)));
    if (entry.key == "all") {
      allocation.all = *value;
      continue;
    }
    std::set<int> ids;
    const bool good = EachPart(entry.key, [&](std::string_view part) {
      int first = 0;
      int last = 0;
      if (!ReadRange(part, kHighestCacheId, &first, &last)) return false;
      for (int id = first; id <= last; ++id) ids.insert(id);
      return true;
    });
    if (!good) {
      return InvalidArgument("invalid cache ids {}, expected all, or a list such as 0,2-3 of ids up to {}",
                             Quoted(entry.key), kHighestCacheId);
    }
    for (const int id : ids) {
      if (!allocation.by_id.emplace(id, *value).second) {
        return InvalidArgument("cache id {} is given twice, expected it once (again in {})", id,
                               Quoted(entry.key));
      }
    }
  }
  return allocation;
}

}  // namespace

ValueType CacheAllocation() {
  return {"cache allocation", [](const Node& node) -> absl::StatusOr<Value> {
            CRM_ASSIGN_OR_RETURN(RdtCacheAllocation allocation, ReadPerCache<RdtCache>(node, ReadCache));
            return Value(std::move(allocation));
          }};
}

ValueType BandwidthAllocation() {
  return {"bandwidth allocation", [](const Node& node) -> absl::StatusOr<Value> {
            CRM_ASSIGN_OR_RETURN(RdtBandwidthAllocation allocation,
                                 ReadPerCache<RdtBandwidth>(node, ReadBandwidth));
            return Value(std::move(allocation));
          }};
}

}  // namespace crm::config
