#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crm::kube {

/// A key and its certificate, made when the test runs. PEM.
struct CertificateForTest {
  std::string certificate;
  std::string key;
};

/// An authority of its own that issues server and client certificates.
class AuthorityForTest {
 public:
  AuthorityForTest();
  ~AuthorityForTest();

  const std::string& pem() const;
  /// `names` is an OpenSSL subjectAltName value ("DNS:a.example,IP:127.0.0.1").
  CertificateForTest Issue(const std::string& common_name, const std::string& names) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An HTTP/1.1 server on a free port of 127.0.0.1 whose every answer the test writes itself, also wrong ones.
/// One thread a connection; the destructor closes all connections and joins them.
class ScriptedServer {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    int connection = 0;     // how many connections came before
    int on_connection = 0;  // how many requests came before on this one
    std::string client;     // common name of the client's certificate
  };

  class Exchange {
   public:
    virtual ~Exchange() = default;
    virtual const Request& request() const = 0;
    virtual void Send(std::string_view bytes) = 0;
    virtual void Close() = 0;         ///< the connection, without a word more
    virtual void AwaitPeerEnd() = 0;  ///< until the client closes or the server stops

    void Reply(int status, std::string_view body);
    void StartStream();  ///< a chunked 200
    void Chunk(std::string_view bytes);
    void EndStream() { Send("0\r\n\r\n"); }
  };
  using Handler = std::function<void(Exchange&)>;

  struct Tls {
    CertificateForTest certificate;
    std::string client_authority;  ///< PEM; not empty: a client certificate is demanded
  };

  explicit ScriptedServer(Handler handler, const Tls* tls = nullptr);
  ~ScriptedServer();

  int port() const;
  std::string url(std::string_view host = "127.0.0.1") const;
  std::vector<Request> requests() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crm::kube
