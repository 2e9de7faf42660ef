// One connection of Server. Included by the server's .cc files only: it needs Boost.Beast.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/log.h"
#include "http/message.h"
#include "http/router.h"
#include "http/server.h"

namespace crm::http {

class Session;

/// What the sessions of a server share. Thread-safe.
struct SessionPool {
  SessionPool(ServerOptions server_options, Router server_router)
      : options(std::move(server_options)), router(std::move(server_router)) {}

  const ServerOptions options;
  const Router router;
  const Logger log{"http"};
  std::atomic<bool> stopping{false};

  absl::Mutex mutex;
  std::set<std::shared_ptr<Session>> sessions ABSL_GUARDED_BY(mutex);

  /// Adds a session; one over the limit makes the one that has been idle longest close.
  void Add(const std::shared_ptr<Session>& session);
  void Remove(const std::shared_ptr<Session>& session);
  std::set<std::shared_ptr<Session>> All();
  /// Waits until there is none; whether that happened in time.
  bool AwaitNone(absl::Duration patience);
};

/// Reads requests and answers them, one after another. Everything but the public members runs on the
/// stream's strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<SessionPool> pool);

  void Start();
  void Close();      ///< at once
  void CloseIdle();  ///< unless a request is under way
  /// When it became idle, on a clock nobody sets; 0 while a request is under way.
  int64_t idle_since() const { return idle_since_; }

 private:
  void ReadHead();
  void ReadBody();
  void Answer();
  void Refuse(int status, const std::string& why);
  void Send(Response answer, bool keep_alive);
  void Drain();
  void End();
  void Expire(absl::Duration after);

  boost::beast::tcp_stream stream_;
  const std::shared_ptr<SessionPool> pool_;
  std::string peer_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  std::atomic<int64_t> idle_since_{0};
  bool first_ = true;
  bool ended_ = false;
};

}  // namespace crm::http
