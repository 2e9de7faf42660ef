#include "base/version.h"

namespace crm {

const char* Version() { return CRM_VERSION; }

}  // namespace crm
