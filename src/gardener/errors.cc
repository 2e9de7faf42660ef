#include "gardener/errors.h"

#include "absl/strings/cord.h"
#include "base/status.h"

namespace crm::gardener {
namespace {

constexpr char kCodesUrl[] = "cri-resmgr/error-codes";      // one a line
constexpr char kDelayUrl[] = "cri-resmgr/requeue-after";    // as absl::FormatDuration
constexpr char kWaitingUrl[] = "cri-resmgr/still-waiting";  // no content

}  // namespace

absl::Status WithCode(absl::Status status, std::string_view code) {
  std::vector<std::string> codes = Codes(status);
  std::string text;
  for (const std::string& known : codes) {
    if (known == code) return status;
    text += known + "\n";
  }
  status.SetPayload(kCodesUrl, absl::Cord(text + std::string(code)));
  return status;
}

std::vector<std::string> Codes(const absl::Status& status) {
  std::vector<std::string> codes;
  const auto payload = status.GetPayload(kCodesUrl);
  if (!payload.has_value()) return codes;
  const std::string text(*payload);
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    codes.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return codes;
}

absl::Status RequeueAfter(absl::Status cause, absl::Duration delay) {
  cause.SetPayload(kDelayUrl, absl::Cord(absl::FormatDuration(delay)));
  return cause;
}

absl::Status StillWaiting(absl::Duration delay, std::string_view what_for) {
  absl::Status status = RequeueAfter(Unavailable("{}", what_for), delay);
  status.SetPayload(kWaitingUrl, absl::Cord());
  return status;
}

bool IsStillWaiting(const absl::Status& status) { return status.GetPayload(kWaitingUrl).has_value(); }

std::optional<absl::Duration> RequeueDelay(const absl::Status& status) {
  const auto payload = status.GetPayload(kDelayUrl);
  absl::Duration delay;
  if (!payload.has_value() || !absl::ParseDuration(std::string(*payload), &delay)) return std::nullopt;
  return delay;
}

}  // namespace crm::gardener
