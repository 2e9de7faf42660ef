#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "http/message.h"
#include "http/router.h"

namespace crm::http {

struct ServerOptions {
  /// "address:port"; as Go's programs take it, ":port" is every address and port 0 a free one. IPv6 in
  /// brackets.
  std::string address = "127.0.0.1:0";
  int threads = 2;                                  ///< that run handlers
  uint32_t max_header_bytes = 16 << 10;             ///< longer: 431
  uint64_t max_body_bytes = uint64_t{3} << 20;      ///< longer: 413
  size_t max_connections = 256;                     ///< one more takes the place of the one idle longest
  absl::Duration read_timeout = absl::Seconds(15);  ///< for a whole request, and for its answer
  absl::Duration idle_timeout = absl::Seconds(60);  ///< between two requests
};

/// A small HTTP/1.1 server for metrics, health and introspection: keep-alive, GET and POST, limits on
/// everything a client can send. Handlers run on the server's threads. Thread-safe.
class Server {
 public:
  /// Listens and serves when it returns. InvalidArgument for an address that is none, Unavailable naming it
  /// when it can not be had.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options, Router router);
  ~Server();  ///< Stop
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Takes no connection and no request more, lets requests under way end within `grace`, then closes what
  /// is left and joins the threads. More than once is fine; not to be called by a handler.
  void Stop(absl::Duration grace = absl::Seconds(5));

  int port() const;
  std::string url() const;  ///< "http://127.0.0.1:PORT", by which this host reaches it

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::http
