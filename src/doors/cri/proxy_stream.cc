#include <mutex>
#include <utility>

#include "doors/cri/proxy_relay.h"

namespace crm::doors::cri {
namespace {

// Two flows, each with at most one message in hand: upload (client -> runtime) and download (runtime ->
// client). gRPC ends the call upstream only when no hold is left, so each flow has a hold for the moments in
// which it is about to start an operation from outside a reaction of the call upstream.
//
// Lifetime: the call upstream always ends with OnUpstreamDone, which finishes the client's call; its OnDone
// is last.
class StreamRelay final : public grpc::ServerGenericBidiReactor {
 public:
  StreamRelay(grpc::GenericCallbackServerContext* context, Upstream& upstream, CallToken token)
      : token_(std::move(token)), context_(context), upstream_(upstream), call_(*this) {
    CopyRequest(*context, &client_context_);
    upstream.stub().PrepareBidiStreamingCall(&client_context_, context->method(), {}, &call_);
    call_.AddMultipleHolds(2);
    StartRead(&up_);
    call_.StartCall();
  }

  // --- The client's side.
  void OnReadDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!upload_hold_) return;
    if (ok) {
      call_.StartWrite(&up_);
      return;
    }
    // A client that went away must not look like one that has said all.
    if (context_->IsCancelled()) {
      client_context_.TryCancel();
    } else {
      call_.StartWritesDone();
    }
    EndUpload();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      call_.StartRead(&down_);
      return;
    }
    client_context_.TryCancel();
    const std::lock_guard<std::mutex> lock(mutex_);
    EndDownload();
  }

  void OnCancel() override { client_context_.TryCancel(); }
  void OnDone() override { delete this; }

 private:
  // --- The runtime's side.
  class UpstreamCall final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit UpstreamCall(StreamRelay& relay) : relay_(relay) {}
    void OnReadInitialMetadataDone(bool ok) override { relay_.OnUpstreamMetadata(ok); }
    void OnReadDone(bool ok) override { relay_.OnUpstreamRead(ok); }
    void OnWriteDone(bool ok) override { relay_.OnUpstreamWritten(ok); }
    void OnDone(const grpc::Status& status) override { relay_.OnUpstreamDone(status); }

   private:
    StreamRelay& relay_;
  };

  ~StreamRelay() override = default;

  void OnUpstreamMetadata(bool ok) {
    if (!ok) {  // only trailers, or a failure
      EndBoth();
      return;
    }
    CopyInitialMetadata(client_context_, context_);
    StartSendInitialMetadata();
    call_.StartRead(&down_);
  }

  void OnUpstreamRead(bool ok) {
    if (ok) {
      StartWrite(&down_);
    } else {
      EndBoth();
    }
  }

  void OnUpstreamWritten(bool ok) {
    if (ok) {
      StartRead(&up_);
      return;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    EndUpload();
  }

  void OnUpstreamDone(const grpc::Status& status) {
    CopyTrailers(client_context_, context_);
    Finish(upstream_.Explain(status, client_context_));
  }

  // The runtime has said all; what the client still sends interests nobody.
  void EndBoth() {
    const std::lock_guard<std::mutex> lock(mutex_);
    EndUpload();
    EndDownload();
  }

  void EndUpload() {
    if (std::exchange(upload_hold_, false)) call_.RemoveHold();
  }
  void EndDownload() {
    if (std::exchange(download_hold_, false)) call_.RemoveHold();
  }

  const CallToken token_;
  grpc::GenericCallbackServerContext* const context_;
  Upstream& upstream_;
  grpc::ClientContext client_context_;
  UpstreamCall call_;
  grpc::ByteBuffer up_;
  grpc::ByteBuffer down_;
  std::mutex mutex_;
  bool upload_hold_ = true;    // guarded by mutex_
  bool download_hold_ = true;  // guarded by mutex_
};

}  // namespace

grpc::ServerGenericBidiReactor* RelayStream(grpc::GenericCallbackServerContext* context, Upstream& upstream,
                                            CallToken token) {
  return new StreamRelay(context, upstream, std::move(token));
}

}  // namespace crm::doors::cri
