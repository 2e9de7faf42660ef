#include "engine/effective.h"

#include <string>

#include "base/log.h"
#include "base/quantity.h"
#include "base/status.h"
#include "nlohmann/json.hpp"

namespace crm::engine {
namespace {

using Json = nlohmann::json;

constexpr char kResourcesAnnotation[] = "intel.com/resources";
constexpr char kPodQosClass[] = "/PodQos";

std::string Key(std::string_view name) { return fmt::format("{}.{}", name, model::kAnnotationDomain); }

std::optional<Quantity> Amount(const Json& container, const char* kind, const char* resource) {
  const auto amounts = container.find(kind);
  if (amounts == container.end() || !amounts->is_object()) return std::nullopt;
  const auto amount = amounts->find(resource);
  if (amount == amounts->end()) return std::nullopt;
  const absl::StatusOr<Quantity> quantity =
      Quantity::Parse(amount->is_string() ? amount->get<std::string>() : amount->dump());
  if (!quantity.ok()) return std::nullopt;
  return *quantity;
}

// What the webhook copied from the pod's specification; nullopt when it says nothing on this container.
std::optional<model::Requirements> FromAnnotation(const model::Pod& pod, const std::string& name) {
  const auto annotation = pod.annotations.find(kResourcesAnnotation);
  if (annotation == pod.annotations.end()) return std::nullopt;
  const Json json = Json::parse(annotation->second, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    Logger("cache").Error("pod {}: annotation {} is no JSON object; it is ignored", pod.name,
                          kResourcesAnnotation);
    return std::nullopt;
  }
  for (const char* kind : {"initContainers", "containers"}) {
    const auto containers = json.find(kind);
    if (containers == json.end() || !containers->is_object()) continue;
    const auto container = containers->find(name);
    if (container == containers->end() || !container->is_object()) continue;
    model::Requirements requirements;
    const auto milli = [](const std::optional<Quantity>& quantity) {
      return quantity ? std::optional(quantity->MilliValue()) : std::nullopt;
    };
    const auto bytes = [](const std::optional<Quantity>& quantity) {
      return quantity ? std::optional(quantity->Value()) : std::nullopt;
    };
    requirements.cpu_request_milli = milli(Amount(*container, "requests", "cpu"));
    requirements.cpu_limit_milli = milli(Amount(*container, "limits", "cpu"));
    requirements.memory_request_bytes = bytes(Amount(*container, "requests", "memory"));
    requirements.memory_limit_bytes = bytes(Amount(*container, "limits", "memory"));
    const bool empty = !requirements.cpu_request_milli && !requirements.cpu_limit_milli &&
                       !requirements.memory_request_bytes && !requirements.memory_limit_bytes;
    if (empty) return std::nullopt;  // nothing that the request does not say, too
    return requirements;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<int64_t>> ToptierLimit(const model::Pod& pod, const std::string& container) {
  const std::string* text = model::EffectiveAnnotation(pod, Key("toptierlimit"), container);
  if (text == nullptr) return std::optional<int64_t>();
  const absl::StatusOr<Quantity> quantity = Quantity::Parse(*text);
  if (!quantity.ok() || *quantity < Quantity()) {
    return InvalidArgument("annotation {}: invalid value \"{}\", expected a quantity such as 1Gi",
                           Key("toptierlimit"), *text);
  }
  return std::optional(quantity->Value());
}

}  // namespace

absl::Status ApplyEffective(const model::Pod& pod, const Adjustment* adjustment, int64_t machine_memory,
                            model::Container* container) {
  CRM_ASSIGN_OR_RETURN(const std::optional<int64_t> limit, ToptierLimit(pod, container->name));
  const auto annotated = [&](std::string_view name, std::string_view otherwise) {
    const std::string* text = model::EffectiveAnnotation(pod, Key(name), container->name);
    return text == nullptr ? std::string(otherwise) : *text;
  };
  container->adjustment = "";
  container->rdt_class = annotated("rdtclass", kPodQosClass);
  container->blockio_class =
      annotated("blockioclass", pod.qos == model::QosClass::kUnknown ? "" : model::QosClassName(pod.qos));
  container->toptier_limit_bytes = limit;
  std::optional<model::Requirements> requirements;
  if (!container->resized) requirements = FromAnnotation(pod, container->name);
  if (adjustment != nullptr) {
    container->adjustment = adjustment->name;
    if (adjustment->rdt_class) container->rdt_class = *adjustment->rdt_class;
    if (adjustment->blockio_class) container->blockio_class = *adjustment->blockio_class;
    if (adjustment->toptier_limit_bytes) container->toptier_limit_bytes = adjustment->toptier_limit_bytes;
    if (adjustment->resources) requirements = adjustment->resources;
  }
  container->requirements =
      requirements ? *requirements : model::EstimateRequirements(container->asked, pod.qos, machine_memory);
  return absl::OkStatus();
}

}  // namespace crm::engine
