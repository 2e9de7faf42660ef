#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "kube/client.h"

namespace crm::kube {

/// Bytes of a watch, split anywhere, into events: one JSON object a line. Pure; not thread-safe. Events of an
/// unknown type are passed over.
class WatchDecoder {
 public:
  using OnEvent = std::function<void(WatchEventType, Json object)>;
  static constexpr size_t kLongestLine = 16 << 20;

  /// `call` is named in errors.
  WatchDecoder(std::string call, OnEvent on_event) : call_(std::move(call)), on_event_(std::move(on_event)) {}

  /// Internal for what is no event (or too long); the status of an ERROR event. After an error nothing more
  /// may be fed.
  absl::Status Feed(std::string_view bytes);
  /// At the end of the stream: a last line without its newline is taken when it is whole.
  absl::Status End();

 private:
  absl::Status Line(std::string_view line);

  const std::string call_;
  const OnEvent on_event_;
  std::string partial_;  // the start of a line
};

}  // namespace crm::kube
