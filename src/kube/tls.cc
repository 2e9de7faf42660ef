#include "kube/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <string_view>
#include <vector>

#include "base/status.h"

namespace crm::kube {
namespace {

struct Free {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(ASN1_OCTET_STRING* p) const { ASN1_OCTET_STRING_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

// The last error of this thread's OpenSSL queue, which is emptied.
std::string OpenSslError() {
  unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

// Never ask on a terminal: an encrypted key is an error.
int NoPassphrase(char*, int, int, void*) { return -1; }

Owned<BIO> Open(const std::string& pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Every certificate of a PEM text; others of its blocks are passed over.
std::vector<Owned<X509>> ReadCertificates(const std::string& pem) {
  std::vector<Owned<X509>> certificates;
  Owned<BIO> bio = Open(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) {
    certificates.emplace_back(certificate);
  }
  return certificates;
}

absl::Status TrustAuthorities(SSL_CTX* context, const std::string& pem) {
  if (pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
      return Internal("the system's certificate authorities: {}", OpenSslError());
    }
    return absl::OkStatus();
  }
  std::vector<Owned<X509>> authorities = ReadCertificates(pem);
  if (authorities.empty()) {
    return InvalidArgument("certificate authority: no certificate in its {} bytes ({}); expected PEM",
                           pem.size(), OpenSslError());
  }
  ERR_clear_error();
  for (const Owned<X509>& authority : authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1) {
      return InvalidArgument("certificate authority: {}", OpenSslError());
    }
  }
  return absl::OkStatus();
}

absl::Status UseClientCertificate(SSL_CTX* context, const ClientConfig& config) {
  if (config.client_certificate_pem.empty() && config.client_key_pem.empty()) return absl::OkStatus();
  if (config.client_certificate_pem.empty() || config.client_key_pem.empty()) {
    return InvalidArgument("client certificate: {} is missing; expected certificate and key",
                           config.client_key_pem.empty() ? "the key" : "the certificate");
  }
  std::vector<Owned<X509>> chain = ReadCertificates(config.client_certificate_pem);
  if (chain.empty()) return InvalidArgument("client certificate: {}; expected PEM", OpenSslError());
  ERR_clear_error();
  Owned<BIO> bio = Open(config.client_key_pem);
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) return InvalidArgument("client key: {}; expected unencrypted PEM", OpenSslError());
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return InvalidArgument("client certificate: {}", OpenSslError());
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return InvalidArgument("client certificate chain: {}", OpenSslError());
    }
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return InvalidArgument("client key: {}; expected the key of the client certificate", OpenSslError());
  }
  return absl::OkStatus();
}

bool IsAddress(const std::string& host) {
  return Owned<ASN1_OCTET_STRING>(a2i_IPADDRESS(host.c_str())) != nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Create(const ClientConfig& config) {
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Internal("TLS: {}", OpenSslError());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), kHttp11, sizeof kHttp11 - 1);
  const bool verify = !config.insecure_skip_tls_verify;
  SSL_CTX_set_verify(context.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (verify) CRM_RETURN_IF_ERROR(TrustAuthorities(context.get(), config.ca_pem));
  CRM_RETURN_IF_ERROR(UseClientCertificate(context.get(), config));
  return std::unique_ptr<TlsContext>(new TlsContext(context.release(), config.tls_server_name, verify));
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

absl::Status TlsContext::Prepare(ssl_st* connection, const std::string& host) const {
  const std::string& name = server_name_.empty() ? host : server_name_;
  const bool address = IsAddress(name);
  ERR_clear_error();
  // SSL_set_tlsext_host_name without its macro's cast.
  if (!address && SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                           const_cast<char*>(name.c_str())) != 1) {
    return InvalidArgument("TLS server name \"{}\": {}", name, OpenSslError());
  }
  if (!verify_) return absl::OkStatus();
  X509_VERIFY_PARAM* parameters = SSL_get0_param(connection);
  // As Go's programs: subject alternative names only, no "f*o.example".
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  int set = address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str())
                    : X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size());
  if (set != 1) return InvalidArgument("TLS server name \"{}\": {}", name, OpenSslError());
  return absl::OkStatus();
}

std::string TlsContext::VerificationError(const ssl_st* connection) {
  long result = SSL_get_verify_result(connection);
  return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

}  // namespace crm::kube
