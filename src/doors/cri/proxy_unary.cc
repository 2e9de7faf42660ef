#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "doors/cri/proxy_relay.h"

// ThreadSanitizer does not see how the (uninstrumented) gRPC library orders what was before a call and what
// is after it.
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define CRM_BEFORE_CALL(relay) __tsan_release(relay)
#define CRM_AFTER_CALL(relay) __tsan_acquire(relay)
#else
#define CRM_BEFORE_CALL(relay)
#define CRM_AFTER_CALL(relay)
#endif

namespace crm::doors::cri {
namespace {

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

grpc::ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return {grpc::StatusCode::INTERNAL, "cri-resmgr: a call was refused without a reason"};
  return {static_cast<grpc::StatusCode>(status.code()), std::string(Message(status))};
}

absl::Status ToAbsl(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

// read -> [hook] -> call upstream -> [hook] -> write and finish. OnDone comes after Finish and deletes.
class UnaryRelay final : public grpc::ServerGenericBidiReactor {
 public:
  UnaryRelay(grpc::GenericCallbackServerContext* context, Upstream& upstream,
             std::unique_ptr<UnaryCallHook> hook, CallToken token)
      : token_(std::move(token)), context_(context), upstream_(upstream), hook_(std::move(hook)) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(context_->IsCancelled()
                 ? grpc::Status::CANCELLED
                 : grpc::Status(grpc::StatusCode::INTERNAL, "cri-resmgr: call without a request"));
      return;
    }
    if (hook_ == nullptr) {
      Forward();
      return;
    }
    // `done` may end this relay before OnRequest returns: the hook stays for that long, and the token with
    // it.
    const CallToken token = token_;
    const std::shared_ptr<UnaryCallHook> hook = hook_;
    hook->OnRequest(Bytes(request_),
                    [this](RequestVerdict verdict) { OnRequestVerdict(std::move(verdict)); });
  }

  // Cancels the call upstream, also one that has not begun yet.
  void OnCancel() override { client_context_.TryCancel(); }
  void OnDone() override { delete this; }

 private:
  ~UnaryRelay() override = default;

  void OnRequestVerdict(RequestVerdict verdict) {
    const CallToken token = token_;  // this thread may be a hook's; the proxy stays until it is out of here
    if (auto* forward = std::get_if<RequestVerdict::Forward>(&verdict.value())) {
      if (forward->request.has_value()) request_ = Buffer(*forward->request);
      watched_ = forward->watch_response;
      Forward();
    } else if (auto* answer = std::get_if<RequestVerdict::Answer>(&verdict.value())) {
      response_ = Buffer(answer->response);
      StartWriteAndFinish(&response_, {}, grpc::Status::OK);
    } else {
      Finish(ToGrpc(std::get<absl::Status>(verdict.value())));
    }
  }

  void Forward() {
    if (context_->IsCancelled()) {
      status_ = grpc::Status(grpc::StatusCode::CANCELLED, "cri-resmgr: the client has cancelled the call");
      Ended();
      return;
    }
    begun_ = true;
    CopyRequest(*context_, &client_context_);
    CRM_BEFORE_CALL(this);
    upstream_.stub().UnaryCall(&client_context_, context_->method(), {}, &request_, &response_,
                               [this](const grpc::Status& status) { OnUpstreamDone(status); });
  }

  void OnUpstreamDone(const grpc::Status& status) {
    CRM_AFTER_CALL(this);
    maybe_executed_ = !Upstream::NeverSent(status, client_context_);
    status_ = upstream_.Explain(status, client_context_);
    Ended();
  }

  void Ended() {
    if (!watched_) {
      Reply();
      return;
    }
    UpstreamOutcome outcome;
    outcome.status = ToAbsl(status_);
    outcome.maybe_executed = maybe_executed_;
    if (status_.ok()) outcome.response = Bytes(response_);
    const CallToken token = token_;
    const std::shared_ptr<UnaryCallHook> hook = hook_;
    hook->OnResponse(std::move(outcome),
                     [this](ResponseVerdict verdict) { OnResponseVerdict(std::move(verdict)); });
  }

  void OnResponseVerdict(ResponseVerdict verdict) {
    const CallToken token = token_;
    if (const auto* error = std::get_if<absl::Status>(&verdict.value())) {
      Finish(ToGrpc(*error));
      return;
    }
    if (const auto* response = std::get_if<std::string>(&verdict.value())) {
      response_ = Buffer(*response);
      status_ = grpc::Status::OK;
    }
    Reply();
  }

  void Reply() {
    if (begun_) {
      CopyInitialMetadata(client_context_, context_);
      CopyTrailers(client_context_, context_);
    }
    if (status_.ok() && response_.Valid()) {
      StartWriteAndFinish(&response_, {}, status_);
    } else {
      Finish(status_);
    }
  }

  const CallToken token_;  // first, hence released after the hook
  grpc::GenericCallbackServerContext* const context_;
  Upstream& upstream_;
  const std::shared_ptr<UnaryCallHook> hook_;
  bool watched_ = false;         // the hook wants to know the outcome
  bool begun_ = false;           // there is a call upstream
  bool maybe_executed_ = false;  // UpstreamOutcome
  grpc::ClientContext client_context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
};

}  // namespace

grpc::ServerGenericBidiReactor* RelayUnary(grpc::GenericCallbackServerContext* context, Upstream& upstream,
                                           std::unique_ptr<UnaryCallHook> hook, CallToken token) {
  return new UnaryRelay(context, upstream, std::move(hook), std::move(token));
}

}  // namespace crm::doors::cri
