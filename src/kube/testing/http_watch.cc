// The part of HttpSession that streams a watch: header, chunks as events come, bookmarks, the end.

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "kube/testing/http_session.h"

namespace crm::kube::testing {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr int kDefaultTimeoutSeconds = 1800;  // as a kube-apiserver's --min-request-timeout
constexpr size_t kChunkBytes = 64 * 1024;

}  // namespace

void HttpSession::StartWatch(ApiAnswer answer) {
  watch_ = std::move(answer.watch);
  ++registry_.watches;
  stream_.expires_never();
  watch_header_ = {};
  watch_header_.version(11);
  watch_header_.result(http::status::ok);
  watch_header_.set(http::field::content_type, answer.content_type);
  watch_header_.set(http::field::cache_control, "no-cache, private");
  watch_header_.keep_alive(false);
  watch_header_.chunked(true);
  watch_serializer_.emplace(watch_header_);
  const int seconds =
      answer.watch_timeout_seconds > 0 ? answer.watch_timeout_seconds : kDefaultTimeoutSeconds;
  deadline_.expires_after(std::chrono::seconds(seconds));
  deadline_.async_wait([self = shared_from_this()](beast::error_code error) {
    if (!error) self->EndWatch();
  });
  WaitBookmark();
  WatchForHangUp();
  writing_ = true;
  http::async_write_header(stream_, *watch_serializer_,
                           [self = shared_from_this()](beast::error_code error, size_t) {
                             self->writing_ = false;
                             if (self->closed_) return;
                             if (error) {
                               self->Close();
                             } else {
                               self->PumpWatch();
                             }
                           });
}

/// A watcher sends nothing more; what arrives is its goodbye.
void HttpSession::WatchForHangUp() {
  stream_.socket().async_read_some(boost::asio::buffer(&hang_up_, 1),
                                   [self = shared_from_this()](beast::error_code, size_t) { self->Close(); });
}

void HttpSession::WaitBookmark() {
  bookmark_.expires_after(absl::ToChronoMilliseconds(limits_.bookmark_interval));
  bookmark_.async_wait([self = shared_from_this()](beast::error_code error) {
    if (error || self->closed_) return;
    self->bookmark_due_ = true;
    self->PumpWatch();
    self->WaitBookmark();
  });
}

void HttpSession::WakeWatch() {
  if (watch_ != nullptr) PumpWatch();
}

void HttpSession::PumpWatch() {
  if (closed_ || writing_ || watch_ == nullptr) return;
  std::string lines;
  const bool open = api_.Pull(*watch_, kChunkBytes, &lines);
  const bool behind = open && api_.Behind(*watch_);
  if (open && !behind && (bookmark_due_ || ending_)) {
    watch_->Bookmark(&lines);
    bookmark_due_ = false;
  }
  if (!open || (ending_ && !behind)) {
    --registry_.watches;
    watch_ = nullptr;
    deadline_.cancel();
    bookmark_.cancel();
  }
  if (lines.empty() && watch_ != nullptr) return;
  WriteChunk(std::move(lines));
}

void HttpSession::WriteChunk(std::string lines) {
  chunk_ = std::move(lines);
  writing_ = true;
  auto done = [self = shared_from_this()](beast::error_code error, size_t) {
    self->writing_ = false;
    if (self->closed_) return;
    if (error) {
      self->Close();
    } else if (self->watch_ != nullptr) {
      self->PumpWatch();
    } else if (self->chunk_.empty()) {
      self->Close();  // that was the last chunk
    } else {
      self->WriteChunk("");
    }
  };
  if (chunk_.empty()) {
    boost::asio::async_write(stream_, http::make_chunk_last(), std::move(done));
  } else {
    boost::asio::async_write(stream_, http::make_chunk(boost::asio::buffer(chunk_)), std::move(done));
  }
}

void HttpSession::EndWatch() {
  ending_ = true;
  PumpWatch();
}

}  // namespace crm::kube::testing
