#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "kube/scripted_server_for_test.h"

namespace crm::kube {
namespace {

std::string PemOf(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* data = nullptr;
  long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string PemOf(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

EVP_PKEY* NewKey() { return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"); }

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer == nullptr ? certificate : issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* NewCertificate(EVP_PKEY* key, const std::string& common_name, X509* issuer, EVP_PKEY* issuer_key,
                     const std::string& names) {
  static std::atomic<long> serial{1};
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, issuer == nullptr ? name : X509_get_subject_name(issuer));
  AddExtension(certificate, issuer, NID_basic_constraints,
               issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  // As real authorities have them: two of the same name (after a rotation) can be told apart.
  AddExtension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  if (!names.empty()) AddExtension(certificate, issuer, NID_subject_alt_name, names);
  X509_sign(certificate, issuer_key, EVP_sha256());
  return certificate;
}

}  // namespace

struct AuthorityForTest::Impl {
  EVP_PKEY* key = NewKey();
  X509* certificate = NewCertificate(key, "test authority", nullptr, key, "");
  std::string pem = PemOf(certificate);
  ~Impl() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
};

AuthorityForTest::AuthorityForTest() : impl_(std::make_unique<Impl>()) {}
AuthorityForTest::~AuthorityForTest() = default;
const std::string& AuthorityForTest::pem() const { return impl_->pem; }

CertificateForTest AuthorityForTest::Issue(const std::string& common_name, const std::string& names) const {
  EVP_PKEY* key = NewKey();
  X509* certificate = NewCertificate(key, common_name, impl_->certificate, impl_->key, names);
  CertificateForTest result{PemOf(certificate), PemOf(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return result;
}

void ScriptedServer::Exchange::Reply(int status, std::string_view body) {
  Send(fmt::format("HTTP/1.1 {} Scripted\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                   status, body.size(), body));
}

void ScriptedServer::Exchange::StartStream() {
  Send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void ScriptedServer::Exchange::Chunk(std::string_view bytes) {
  Send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
}

namespace {

// One accepted connection, plain or TLS, and the request being answered on it.
class Connection : public ScriptedServer::Exchange {
 public:
  Connection(int fd, SSL* ssl, int index) : fd_(fd), ssl_(ssl) { request_.connection = index; }
  ~Connection() override { SSL_free(ssl_); }

  bool Handshake() {
    if (ssl_ == nullptr) return true;
    SSL_set_fd(ssl_, fd_);
    if (SSL_accept(ssl_) != 1) return false;
    if (X509* peer = SSL_get1_peer_certificate(ssl_)) {
      char name[64];
      X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
      request_.client = name;
      X509_free(peer);
    }
    return true;
  }

  bool ReadRequest() {
    size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (closed_ || !Receive()) return false;
    }
    std::string head = input_.substr(0, end + 2);
    input_.erase(0, end + 4);
    size_t line_end = head.find("\r\n");
    std::string line = head.substr(0, line_end);
    size_t first = line.find(' ');
    size_t second = line.rfind(' ');
    request_.method = line.substr(0, first);
    request_.target = line.substr(first + 1, second - first - 1);
    request_.headers.clear();
    for (size_t at = line_end + 2; at < head.size();) {
      size_t next = head.find("\r\n", at);
      size_t colon = head.find(": ", at);
      std::string name = head.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), [](char c) { return std::tolower(c); });
      request_.headers[name] = head.substr(colon + 2, next - colon - 2);
      at = next + 2;
    }
    auto length = request_.headers.find("content-length");
    size_t size = length == request_.headers.end() ? 0 : std::stoul(length->second);
    while (input_.size() < size) {
      if (!Receive()) return false;
    }
    request_.body = input_.substr(0, size);
    input_.erase(0, size);
    return true;
  }
  void Answered() { ++request_.on_connection; }

  const ScriptedServer::Request& request() const override { return request_; }
  void Send(std::string_view bytes) override {
    if (ssl_ != nullptr) {
      SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      return;
    }
    while (!bytes.empty()) {
      ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void Close() override {
    closed_ = true;
    shutdown(fd_, SHUT_RDWR);
  }
  void AwaitPeerEnd() override {
    while (Receive()) {
    }
  }

 private:
  bool Receive() {
    char buffer[4096];
    ssize_t count =
        ssl_ != nullptr ? SSL_read(ssl_, buffer, sizeof buffer) : recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    input_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  const int fd_;
  SSL* const ssl_;
  bool closed_ = false;
  std::string input_;
  ScriptedServer::Request request_;
};

SSL_CTX* NewContext(const ScriptedServer::Tls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  auto open = [](const std::string& pem) {
    return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  };
  BIO* bio = open(tls.certificate.certificate);
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, certificate);
  X509_free(certificate);
  BIO_free(bio);
  bio = open(tls.certificate.key);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  BIO_free(bio);
  if (!tls.client_authority.empty()) {
    bio = open(tls.client_authority);
    X509* authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
    X509_free(authority);
    BIO_free(bio);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace

struct ScriptedServer::Impl {
  Handler handler;
  SSL_CTX* context = nullptr;
  int listener = -1;
  int port = 0;
  std::thread acceptor;
  mutable std::mutex mutex;
  bool stopping = false;
  std::set<int> open;
  std::vector<std::thread> threads;
  std::vector<Request> requests;

  void Accept() {
    for (int index = 0;; ++index) {
      int fd = accept(listener, nullptr, nullptr);
      std::lock_guard lock(mutex);
      if (fd < 0 || stopping) {
        if (fd >= 0) close(fd);
        return;
      }
      open.insert(fd);
      threads.emplace_back([this, fd, index] { Serve(fd, index); });
    }
  }

  void Serve(int fd, int index) {
    {
      Connection connection(fd, context == nullptr ? nullptr : SSL_new(context), index);
      if (connection.Handshake()) {
        while (connection.ReadRequest()) {
          {
            std::lock_guard lock(mutex);
            requests.push_back(connection.request());
          }
          handler(connection);
          connection.Answered();
        }
      }
    }
    std::lock_guard lock(mutex);
    open.erase(fd);
    close(fd);
  }
};

ScriptedServer::ScriptedServer(Handler handler, const Tls* tls) : impl_(std::make_unique<Impl>()) {
  signal(SIGPIPE, SIG_IGN);  // SSL_write has no MSG_NOSIGNAL
  impl_->handler = std::move(handler);
  if (tls != nullptr) impl_->context = NewContext(*tls);
  impl_->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(impl_->listener, generic, size) != 0 || listen(impl_->listener, 64) != 0 ||
      getsockname(impl_->listener, generic, &size) != 0) {
    ADD_FAILURE() << "no port on 127.0.0.1";
  }
  impl_->port = ntohs(address.sin_port);
  impl_->acceptor = std::thread([impl = impl_.get()] { impl->Accept(); });
}

ScriptedServer::~ScriptedServer() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    for (int fd : impl_->open) shutdown(fd, SHUT_RDWR);
  }
  shutdown(impl_->listener, SHUT_RDWR);
  impl_->acceptor.join();
  for (std::thread& thread : impl_->threads) thread.join();
  close(impl_->listener);
  SSL_CTX_free(impl_->context);
}

int ScriptedServer::port() const { return impl_->port; }
std::string ScriptedServer::url(std::string_view host) const {
  return fmt::format("{}://{}:{}", impl_->context == nullptr ? "http" : "https", host, impl_->port);
}
std::vector<ScriptedServer::Request> ScriptedServer::requests() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

}  // namespace crm::kube
