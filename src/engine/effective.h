#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "engine/adjustment.h"
#include "model/container.h"

namespace crm::engine {

/// Fills in what counts for a container: requirements (of the adjustment, of the webhook's annotation
/// intel.com/resources, or estimated from what was asked), classes and the top-tier limit (of the adjustment,
/// of annotations, or the defaults). `adjustment` is null for none. InvalidArgument for an annotation of the
/// top-tier limit that is no quantity; the container is unchanged then. Spec 10 sections 5.5 to 5.7.
absl::Status ApplyEffective(const model::Pod& pod, const Adjustment* adjustment, int64_t machine_memory,
                            model::Container* container);

}  // namespace crm::engine
