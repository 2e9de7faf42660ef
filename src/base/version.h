#pragma once

namespace crm {

/// The release, as the build knows it ("0.1.0").
const char* Version();

}  // namespace crm
