// One connection of HttpListener. Included by the listener's .cc files only: it needs Boost.Beast.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "kube/testing/api_server.h"
#include "kube/testing/http_listener.h"

namespace crm::kube::testing {

class HttpSession;

/// What the sessions of a listener share. Touched on the listener's thread only, but for `watches`.
struct SessionRegistry {
  std::set<std::shared_ptr<HttpSession>> sessions;
  std::atomic<size_t> watches = 0;
};

/// Reads requests and writes answers, one after another; a watch takes the connection until it ends.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, ApiServer& api, const HttpLimits& limits,
              SessionRegistry& registry);

  void Start();
  void Close();      ///< at once
  void WakeWatch();  ///< something changed
  bool watching() const { return watch_ != nullptr; }

 private:
  void ReadRequest();
  void Answer();
  void Send(ApiAnswer answer);
  void Refuse(const char* message, int code);
  void Drain();
  void StartWatch(ApiAnswer answer);
  void PumpWatch();
  void WriteChunk(std::string lines);
  void WaitBookmark();
  void EndWatch();
  void WatchForHangUp();

  boost::beast::tcp_stream stream_;
  ApiServer& api_;
  const HttpLimits& limits_;
  SessionRegistry& registry_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;

  std::unique_ptr<WatchStream> watch_;
  boost::beast::http::response<boost::beast::http::empty_body> watch_header_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::empty_body>> watch_serializer_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer bookmark_;
  std::string chunk_;
  bool writing_ = false;  // a chunk (or the header) is on its way
  bool ending_ = false;   // nothing follows but the last chunk
  bool closed_ = false;
  bool bookmark_due_ = false;
  bool refused_ = false;  // the rest of the request is unread
  char hang_up_ = 0;
};

}  // namespace crm::kube::testing
