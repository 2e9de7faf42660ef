#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kube/config.h"

struct ssl_ctx_st;
struct ssl_st;

namespace crm::kube {

/// The TLS side of a ClientConfig: trusted authorities, client certificate, verification. Immutable,
/// thread-safe.
class TlsContext {
 public:
  /// InvalidArgument naming the field whose PEM text is wrong.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Create(const ClientConfig& config);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* native() const { return context_; }

  /// Sets up one connection to `host` (or the configured server name): SNI, and the name or address that the
  /// server's certificate must hold.
  absl::Status Prepare(ssl_st* connection, const std::string& host) const;

  /// Why verification of the peer failed, "" when it did not.
  static std::string VerificationError(const ssl_st* connection);

 private:
  TlsContext(ssl_ctx_st* context, std::string server_name, bool verify)
      : context_(context), server_name_(std::move(server_name)), verify_(verify) {}

  ssl_ctx_st* const context_;  // owned
  const std::string server_name_;
  const bool verify_;
};

}  // namespace crm::kube
