#pragma once

#include <string>
#include <vector>

#include "kube/client.h"

/// Which events lead to work. Pure functions of the objects, so that the informer's thread only fills the
/// queue. Spec 60 sections 4.1, 4.2 and 9.
namespace crm::gardener {

using kube::Json;

bool HasOurType(const Json& extension);
/// An absent or empty class counts as "shoot"; no configured class or only "" means "shoot".
bool HasClass(const Json& extension, const std::vector<std::string>& classes);

/// `cluster` is nullptr when unknown; such a shoot has not failed.
bool ShootFailed(const Json* cluster);

enum class Mode { kAnnotation, kGeneration };

/// An Extension that appeared, also each existing one at start-up.
bool TriggersOnCreate(const Json& extension, Mode mode);
/// Updates that only this controller can have caused (status, finalizers, its own removal of the operation
/// annotation) trigger nothing: one trigger is one run.
bool TriggersOnUpdate(const Json& old_extension, const Json& extension, Mode mode);

/// Whether a change of the Cluster concerns us: our entry of the extensions, Kubernetes version, workers,
/// hibernation.
bool ClusterChangeMatters(const Json& old_cluster, const Json& cluster);

/// Whether a change of the base configuration reaches this Extension: of our type and class, and neither
/// being deleted nor handed to another seed nor waiting for its state.
bool TakesBaseConfigChange(const Json& extension, const std::vector<std::string>& classes);
/// Whether this ConfigMap is the base configuration in namespace `ns`.
bool IsBaseConfigMap(const Json& config_map, const std::string& ns);

}  // namespace crm::gardener
