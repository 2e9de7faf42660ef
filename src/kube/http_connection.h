#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kube/byte_stream.h"
#include "kube/call_limits.h"

namespace crm::kube {

struct HttpRequest {
  std::string method;
  std::string target;  ///< path and query, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// HTTP/1.1 over one ByteStream: a request, then its answer in pieces or whole, then the next request. For
/// one thread at a time. After an error the connection is of no further use.
class HttpConnection {
 public:
  /// `host` is the Host header.
  HttpConnection(std::unique_ptr<ByteStream> stream, std::string host);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  absl::Status Connect(const CallLimits& limits);

  /// Sends a request and reads the head of its answer: the HTTP status. InvalidArgument for a target or
  /// header with control characters (nothing was sent).
  absl::StatusOr<int> Start(const HttpRequest& request, const CallLimits& limits);
  /// The next piece of the answer's body as soon as there is one; "" at its end. Unavailable when the
  /// connection ends before the body does.
  absl::StatusOr<std::string> ReadSome(const CallLimits& limits);
  /// The (rest of the) body. ResourceExhausted above `most` bytes.
  absl::StatusOr<std::string> ReadAll(uint64_t most, const CallLimits& limits);

  /// Whether any byte of an answer came since Start.
  bool answered() const { return answered_; }
  /// The last answer is complete and the server keeps the connection: it can take another request.
  bool Reusable();

 private:
  struct Parser;

  absl::Status Feed(const CallLimits& limits);

  std::unique_ptr<ByteStream> stream_;
  const std::string host_;
  std::unique_ptr<Parser> parser_;  // of the current answer
  std::string unparsed_;            // received, not taken by the parser yet
  bool answered_ = false;
};

}  // namespace crm::kube
