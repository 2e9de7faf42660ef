#include "base/quantity.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/status.h"

namespace crm {
namespace {

using Int128 = __int128;
constexpr Int128 kNano = 1000000000;
constexpr Int128 kMax = Int128{std::numeric_limits<int64_t>::max()} * kNano;

struct Suffix {
  std::string_view text;
  Int128 nano;  // value of one unit in nano
};

// Longest suffixes first, so that "Mi" is not taken for "M".
constexpr std::array<Suffix, 6> kBinary = {{{"Ki", kNano << 10},
                                            {"Mi", kNano << 20},
                                            {"Gi", kNano << 30},
                                            {"Ti", kNano << 40},
                                            {"Pi", kNano << 50},
                                            {"Ei", kNano << 60}}};
constexpr std::array<Suffix, 10> kDecimal = {{{"n", 1},
                                              {"u", 1000},
                                              {"m", 1000000},
                                              {"", kNano},
                                              {"k", kNano * 1000},
                                              {"M", kNano * 1000000},
                                              {"G", kNano * 1000000000},
                                              {"T", kNano * 1000000000000},
                                              {"P", kNano * 1000000000000000},
                                              {"E", kNano * 1000000000000000000}}};

std::string Digits(Int128 value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  std::string text;
  for (Int128 rest = negative ? -value : value; rest > 0; rest /= 10) {
    text += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (negative) text += '-';
  return {text.rbegin(), text.rend()};
}

Int128 DivideAwayFromZero(Int128 value, Int128 by) {
  const Int128 quotient = value / by;
  if (value % by == 0) return quotient;
  return value < 0 ? quotient - 1 : quotient + 1;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Quantity Quantity::FromMilli(int64_t milli) {
  Quantity quantity;
  quantity.nano_ = Int128{milli} * 1000000;
  return quantity;
}

Quantity Quantity::FromBytes(int64_t bytes) {
  Quantity quantity;
  quantity.nano_ = Int128{bytes} * kNano;
  quantity.family_ = Family::kBinary;
  return quantity;
}

absl::StatusOr<Quantity> Quantity::Parse(std::string_view text) {
  const auto bad = [&] {
    return InvalidArgument(
        "quantity \"{}\": expected a number with an optional suffix such as m, k, Mi, Gi, e3", text);
  };
  size_t at = 0;
  bool negative = false;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
  const size_t whole_start = at;
  while (at < text.size() && IsDigit(text[at])) ++at;
  const std::string_view whole = text.substr(whole_start, at - whole_start);
  std::string_view fraction;
  if (at < text.size() && text[at] == '.') {
    const size_t start = ++at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    fraction = text.substr(start, at - start);
  }
  if (whole.empty() && fraction.empty()) return bad();

  Quantity quantity;
  Int128 unit = 0;
  const std::string_view suffix = text.substr(at);
  for (const Suffix& known : kBinary) {
    if (suffix == known.text) {
      unit = known.nano;
      quantity.family_ = Family::kBinary;
    }
  }
  for (const Suffix& known : kDecimal) {
    if (suffix == known.text) unit = known.nano;
  }
  if (unit == 0 && suffix.size() > 1 && (suffix[0] == 'e' || suffix[0] == 'E')) {
    std::string_view digits = suffix.substr(1);
    const bool minus = digits[0] == '-';
    if (digits[0] == '+' || digits[0] == '-') digits.remove_prefix(1);
    if (digits.empty() || digits.size() > 2 || !std::all_of(digits.begin(), digits.end(), IsDigit))
      return bad();
    int exponent = 0;
    for (char c : digits) exponent = exponent * 10 + (c - '0');
    unit = kNano;
    for (; exponent > 0 && unit > 0 && unit < kMax; --exponent) unit = minus ? unit / 10 : unit * 10;
    if (unit == 0) unit = 1;
    quantity.family_ = Family::kExponent;
  }
  if (unit == 0) return bad();

  // whole * unit + fraction * unit, exactly; the remainder below nano rounds up.
  Int128 value = 0;
  for (char c : whole) value = std::min<Int128>(value * 10 + (c - '0') * unit, kMax);
  Int128 scale = unit;
  Int128 rest = 0;
  for (char c : fraction) {
    const Int128 digit = c - '0';
    value = std::min<Int128>(value + digit * (scale / 10), kMax);
    rest += digit * (scale % 10);
    scale /= 10;
    if (scale == 0) {
      if (digit != 0) rest += 1;
    }
  }
  value = std::min<Int128>(value + rest / 10 + (rest % 10 != 0 ? 1 : 0), kMax);
  quantity.nano_ = negative ? -value : value;
  return quantity;
}

int64_t Quantity::Value() const { return static_cast<int64_t>(DivideAwayFromZero(nano_, kNano)); }

int64_t Quantity::MilliValue() const {
  const Int128 milli = DivideAwayFromZero(nano_, 1000000);
  return static_cast<int64_t>(std::clamp<Int128>(milli, -Int128{std::numeric_limits<int64_t>::max()},
                                                 std::numeric_limits<int64_t>::max()));
}

std::string Quantity::ToString() const {
  if (nano_ == 0) return "0";
  if (family_ == Family::kBinary) {
    for (auto it = kBinary.rbegin(); it != kBinary.rend(); ++it) {
      if (nano_ % it->nano == 0) return Digits(nano_ / it->nano) + std::string(it->text);
    }
  }
  if (family_ == Family::kExponent) {
    Int128 units = nano_;
    int exponent = -9;
    while (units % 1000 == 0) {
      units /= 1000;
      exponent += 3;
    }
    return Digits(units) + (exponent == 0 ? "" : "e" + std::to_string(exponent));
  }
  for (auto it = kDecimal.rbegin(); it != kDecimal.rend(); ++it) {
    if (nano_ % it->nano == 0) return Digits(nano_ / it->nano) + std::string(it->text);
  }
  return Digits(nano_) + "n";
}

int64_t MilliCpuToShares(int64_t milli_cpu) {
  if (milli_cpu == 0) return 2;
  return std::clamp<int64_t>(milli_cpu * 1024 / 1000, 2, 262144);
}

int64_t SharesToMilliCpu(int64_t shares) {
  if (shares == 2) return 0;
  return (shares * 1000 * 2 + 1024) / 2048;
}

int64_t QuotaToMilliCpu(int64_t quota_us, int64_t period_us) {
  if (quota_us <= 0 || period_us <= 0) return 0;
  return (quota_us * 1000 * 2 + period_us) / (2 * period_us);
}

int64_t MilliCpuToQuota(int64_t milli_cpu) {
  if (milli_cpu == 0) return 0;
  return std::max<int64_t>(1000, milli_cpu * 100);
}

}  // namespace crm
