#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"

namespace crm::doors::cri {

/// What becomes of a request that a hook has seen. Make one with the named functions.
class RequestVerdict {
 public:
  struct Forward {
    std::optional<std::string> request;  ///< nullopt: the received bytes, untouched
    bool watch_response;                 ///< OnResponse is called
  };
  struct Answer {
    std::string response;
  };

  /// Forwards the received bytes; OnResponse follows.
  static RequestVerdict ForwardAsReceived() { return RequestVerdict(Forward{std::nullopt, true}); }
  /// Forwards these bytes instead; OnResponse follows.
  static RequestVerdict ForwardChanged(std::string request) {
    return RequestVerdict(Forward{std::move(request), true});
  }
  /// Forwards the received bytes; the hook has no further interest, OnResponse is not called.
  static RequestVerdict LetPass() { return RequestVerdict(Forward{std::nullopt, false}); }
  /// Answers the client with OK and these bytes; nothing is forwarded, OnResponse is not called.
  static RequestVerdict AnswerWith(std::string response) {
    return RequestVerdict(Answer{std::move(response)});
  }
  /// Answers the client with this error; nothing is forwarded, OnResponse is not called.
  static RequestVerdict Refuse(absl::Status error) { return RequestVerdict(std::move(error)); }

  std::variant<Forward, Answer, absl::Status>& value() { return value_; }

 private:
  template <typename T>
  explicit RequestVerdict(T value) : value_(std::move(value)) {}

  std::variant<Forward, Answer, absl::Status> value_;
};

/// How a forwarded call ended.
struct UpstreamOutcome {
  /// The runtime's status (code and message), or the local one: kUnavailable when the runtime could not be
  /// reached, kCancelled or kDeadlineExceeded when the client went away.
  absl::Status status;
  /// True when the request may have reached the runtime, so that what it asks for may have been done even
  /// though `status` is an error. False only when it certainly never left this process.
  bool maybe_executed = false;
  /// The response message if `status` is OK, else empty.
  std::string response;
};

/// What becomes of the runtime's answer. Make one with the named functions.
class ResponseVerdict {
 public:
  /// The runtime's answer goes to the client as it is: bytes, status, details and trailers.
  static ResponseVerdict Leave() { return ResponseVerdict(std::monostate()); }
  /// OK and these bytes.
  static ResponseVerdict ReplaceWith(std::string response) { return ResponseVerdict(std::move(response)); }
  /// This error.
  static ResponseVerdict Fail(absl::Status error) { return ResponseVerdict(std::move(error)); }

  std::variant<std::monostate, std::string, absl::Status>& value() { return value_; }

 private:
  template <typename T>
  explicit ResponseVerdict(T value) : value_(std::move(value)) {}

  std::variant<std::monostate, std::string, absl::Status> value_;
};

/// What a door does with one unary call that it has to see: one object a call, so that it can keep state
/// between request and response. Destroyed, on any thread, after its last `done` was called and its methods
/// returned, at the latest when Proxy::Stop returns.
///
/// The methods are called on gRPC's few threads and must not block or wait for a lock that is held for long:
/// hand the work over and call `done` later, from any thread (or at once, from inside). `done` must be called
/// exactly once, also when the client is gone; Proxy::Stop waits for it. OnResponse comes after OnRequest's
/// `done`.
class UnaryCallHook {
 public:
  using RequestDone = std::function<void(RequestVerdict)>;
  using ResponseDone = std::function<void(ResponseVerdict)>;

  virtual ~UnaryCallHook() = default;

  /// Before forwarding. `request` is the message as the client sent it.
  virtual void OnRequest(std::string request, RequestDone done) = 0;

  /// After the call upstream ended. Called exactly once if OnRequest's verdict was ForwardAsReceived or
  /// ForwardChanged, also when the client cancelled or its deadline passed at any moment after that verdict,
  /// and when nothing could be sent: what OnRequest took can always be given back here.
  virtual void OnResponse(UpstreamOutcome outcome, ResponseDone done) = 0;
};

/// Makes the hook for one call of `method` ("/runtime.v1.RuntimeService/CreateContainer"), or null: the call
/// passes through unseen. Called on gRPC threads, concurrently. Hooked methods must be unary.
using UnaryHookFactory = std::function<std::unique_ptr<UnaryCallHook>(std::string_view method)>;

}  // namespace crm::doors::cri
