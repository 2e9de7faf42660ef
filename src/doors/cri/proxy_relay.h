#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <memory>

#include "doors/cri/proxy_hook.h"
#include "doors/cri/proxy_upstream.h"

namespace crm::doors::cri {

/// Held by everything that belongs to a running call; the proxy stops when the last one is gone.
using CallToken = std::shared_ptr<void>;

/// Relays one call of any kind, message by message in both directions: the next message is read when the
/// previous one was accepted on the other side. Owns itself.
grpc::ServerGenericBidiReactor* RelayStream(grpc::GenericCallbackServerContext* context, Upstream& upstream,
                                            CallToken token);

/// Relays one call that is known to be unary, with fewer steps, and through `hook` if there is one. Owns
/// itself.
grpc::ServerGenericBidiReactor* RelayUnary(grpc::GenericCallbackServerContext* context, Upstream& upstream,
                                           std::unique_ptr<UnaryCallHook> hook, CallToken token);

}  // namespace crm::doors::cri
