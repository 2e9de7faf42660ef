#pragma once

#include "doors/cri/proxy_hook.h"
#include "engine/engine.h"

namespace crm::doors::cri {

/// The hooks by which the engine sees and changes the nine policy calls of the RuntimeService (spec 10
/// section 4.4, spec 11 section 2), in package runtime.v1 and runtime.v1alpha2. Every other method passes
/// through. `engine` outlives the proxy.
UnaryHookFactory PolicyCalls(engine::Engine& engine);

}  // namespace crm::doors::cri
