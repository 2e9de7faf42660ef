#include "gardener/render.h"
#include "nlohmann/json.hpp"

namespace crm::gardener {
namespace {

Json Text() { return {{"type", "string"}}; }
Json ListOf(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json Mapping(Json properties) { return {{"type", "object"}, {"properties", std::move(properties)}}; }
Json MapOf(Json values) { return {{"type", "object"}, {"additionalProperties", std::move(values)}}; }

Json Quantity() {
  return {{"x-kubernetes-int-or-string", true},
          {"anyOf", Json::array({{{"type", "integer"}}, {{"type", "string"}}})}};
}

Json Expression() {
  Json op = Text();
  op["enum"] = {"Equals",     "NotEqual",    "In",     "NotIn",    "Matches",   "MatchesNot",
                "MatchesAny", "MatchesNone", "Exists", "NotExist", "AlwaysTrue"};
  return Mapping({{"key", Text()}, {"operator", std::move(op)}, {"values", ListOf(Text())}});
}

Json Schema() {
  const Json amounts = Mapping({{"cpu", Quantity()}, {"memory", Quantity()}});
  Json spec = Mapping({
      {"scope", ListOf(Mapping({{"nodes", ListOf(Text())}, {"containers", ListOf(Expression())}}))},
      {"resources", Mapping({{"requests", amounts}, {"limits", amounts}})},
      {"classes", Mapping({{"rdt", Text()}, {"blockio", Text()}})},
      {"toptierLimit", Quantity()},
  });
  spec["required"] = {"scope"};
  const Json status = Mapping({{"nodes", MapOf(Mapping({{"errors", MapOf(Text())}}))}});
  Json root = Mapping({{"apiVersion", Text()},
                       {"kind", Text()},
                       {"metadata", {{"type", "object"}}},
                       {"spec", std::move(spec)},
                       {"status", status}});
  root["required"] = {"spec"};
  return root;
}

}  // namespace

// No status subresource: agents of the Go original write status to the object itself, and while both run the
// API server would drop what they write. Our agent may write either way (RenderAgentAccess).
Json RenderAdjustmentCrd() {
  return {
      {"apiVersion", "apiextensions.k8s.io/v1"},
      {"kind", "CustomResourceDefinition"},
      {"metadata",
       {{"name", "adjustments.criresmgr.intel.com"},
        // Users' Adjustments outlive a disabled extension.
        {"annotations", {{"resources.gardener.cloud/keep-object", "true"}}}}},
      {"spec",
       {{"group", "criresmgr.intel.com"},
        {"scope", "Namespaced"},
        {"names",
         {{"kind", "Adjustment"},
          {"listKind", "AdjustmentList"},
          {"plural", "adjustments"},
          {"singular", "adjustment"}}},
        {"versions", Json::array({{{"name", "v1alpha1"},
                                   {"served", true},
                                   {"storage", true},
                                   {"schema", {{"openAPIV3Schema", Schema()}}}}})}}},
  };
}

}  // namespace crm::gardener
