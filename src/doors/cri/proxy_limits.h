#pragma once

namespace crm::doors::cri {

/// Status messages travel as metadata, and runc's can be long; gRPC's own limit is 8 KiB (spec 11
/// section 6.2).
inline constexpr int kMaxMetadataBytes = 1 << 20;

}  // namespace crm::doors::cri
