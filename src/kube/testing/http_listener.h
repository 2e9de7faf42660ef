#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kube/testing/api_server.h"

namespace crm::kube::testing {

struct HttpLimits {
  size_t max_body_bytes = size_t{3} << 20;
  size_t max_connections = 1000;
  absl::Duration bookmark_interval = absl::Seconds(60);
};

/// HTTP/1.1 over TCP in front of an ApiServer: keep-alive, chunked watches, limits on header and body. One
/// thread runs it all; the members may be called from any thread.
class HttpListener {
 public:
  /// Binds (SO_REUSEADDR) and starts the thread. `api` outlives the listener.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(ApiServer& api, const std::string& address,
                                                             HttpLimits limits);
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  void Stop();
  int port() const;
  /// Wakes the watches; cheap.
  void NotifyChange();
  void DropWatches();
  size_t open_watches() const;

 private:
  class Impl;
  explicit HttpListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::kube::testing
