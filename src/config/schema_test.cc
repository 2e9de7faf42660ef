#include "config/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "base/status.h"
#include "config/compile.h"
#include "config/schema_tree.h"
#include "config/yaml.h"

namespace crm::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A document in flow style that gives `value` to the key of a row.
std::string Document(const std::string& path, const std::string& value) {
  const size_t dot = path.find('.');
  std::string name = path.substr(0, dot);
  const bool list = name.ends_with("[]");
  if (list) name.resize(name.size() - 2);
  if (name == "*") name = "any-name";
  std::string inner = dot == std::string::npos ? value : Document(path.substr(dot + 1), value);
  if (list) inner = "[" + inner + "]";
  return "{" + name + ": " + inner + "}";
}

// The path that findings on this document have.
std::string FindingPath(std::string path) {
  for (size_t at; (at = path.find("[]")) != std::string::npos;) path.replace(at, 2, "[0]");
  for (size_t at; (at = path.find('*')) != std::string::npos;) path.replace(at, 1, "any-name");
  return path;
}

class EveryRow : public ::testing::TestWithParam<SchemaRow> {};

TEST_P(EveryRow, AcceptsItsDefault) {
  const Compiled compiled = CompileText(Document(GetParam().path, GetParam().default_text));
  EXPECT_TRUE(compiled.ok()) << GetParam().path << ": " << Message(compiled.status());
}

TEST_P(EveryRow, RefusesTheWrongTypeWithPathValueAndExpectation) {
  // No key takes a list of empty mappings.
  const Compiled compiled = CompileText(Document(GetParam().path, "[{}]"));
  ASSERT_FALSE(compiled.ok()) << GetParam().path;
  const auto error =
      std::find_if(compiled.findings.begin(), compiled.findings.end(),
                   [](const Finding& finding) { return finding.severity == Severity::kError; });
  EXPECT_EQ(error->path, FindingPath(GetParam().path));
  EXPECT_THAT(error->message, HasSubstr("expected"));
}

TEST_P(EveryRow, SaysWhetherItHasAnEffect) {
  const std::string value = GetParam().type.name == "CPUs" ? "1" : GetParam().default_text;
  const Compiled compiled = CompileText(Document(GetParam().path, value));
  bool warned = false;
  for (const Finding& finding : compiled.findings) {
    warned = warned || finding.message == "not supported yet by this version: has no effect";
  }
  EXPECT_EQ(warned, !GetParam().HasEffect()) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(Schema, EveryRow, ::testing::ValuesIn(SchemaRows()), [](const auto& row) {
  std::string name;
  for (const char c : row.param.path) name += absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(Schema, HasHelpAndUniquePaths) {
  std::set<std::string> paths;
  for (const SchemaRow& row : SchemaRows()) {
    EXPECT_FALSE(row.help.empty()) << row.path;
    EXPECT_FALSE(row.help.ends_with('.')) << row.path;
    EXPECT_TRUE(paths.insert(row.path).second) << row.path << " is in the table twice";
  }
}

TEST(Schema, CoversTheModulesOfSpec10) {
  std::set<std::string> modules;
  for (const SchemaModule& module : SchemaModules()) modules.insert(module.path);
  for (const char* module :
       {"policy", "policy.topology-aware", "policy.memtier", "policy.balloons", "policy.podpools",
        "policy.static", "policy.static-pools", "policy.dynamic-pools", "resource-manager.control",
        "resource-manager.control.page-migration", "cpu", "blockio", "rdt", "logger", "dump",
        "instrumentation"}) {
    EXPECT_TRUE(modules.contains(module)) << module;
  }
}

// The defaults stand in the table and in Plan: they must be the same.
TEST(Schema, DefaultsOfTheTableAreThePlans) {
  Draft draft;
  const Names names = {"a", "b"};
  for (const SchemaElement& element : SchemaElements()) element.begin(draft, names);
  for (const SchemaRow& row : SchemaRows()) {
    if (row.apply == nullptr || row.default_text == "null") continue;
    const absl::StatusOr<Node> node = ParseYaml(row.default_text);
    ASSERT_TRUE(node.ok());
    const absl::StatusOr<Value> value = row.type.read(*node);
    ASSERT_TRUE(value.ok()) << row.path << Message(value.status());
    row.apply(draft, names, *value);
  }
  const Plan plan;
  EXPECT_EQ(draft.plan.policy, plan.policy);
  EXPECT_EQ(draft.plan.logger.debug_rules, plan.logger.debug_rules);
  EXPECT_EQ(draft.plan.logger.log_source, plan.logger.log_source);
  EXPECT_EQ(draft.plan.dump.rules, plan.dump.rules);
  EXPECT_EQ(draft.plan.dump.file, plan.dump.file);
  EXPECT_EQ(draft.plan.dump.debug, plan.dump.debug);
  EXPECT_EQ(draft.plan.dump.disabled, plan.dump.disabled);
  EXPECT_EQ(draft.plan.instrumentation.report_period_ns, plan.instrumentation.report_period_ns);
  EXPECT_EQ(draft.plan.instrumentation.sampling, plan.instrumentation.sampling);
  EXPECT_EQ(draft.plan.control.modes.at("a"), plan.control.ModeOf("b"));
  EXPECT_EQ(draft.plan.control.page_migration.scan_interval_ns, 0);
  EXPECT_EQ(draft.plan.cpu_classes.at("a").min_freq_khz, CpuClass().min_freq_khz);
  EXPECT_EQ(draft.plan.blockio_classes.at("a").at(0).weight, std::nullopt);
  EXPECT_EQ(draft.plan.rdt.mode, plan.rdt.mode);
  EXPECT_EQ(draft.plan.rdt.l3_optional, plan.rdt.l3_optional);
  EXPECT_EQ(draft.plan.rdt.partitions.at("a").classes.at("b").deny_pod_annotation, false);
  EXPECT_EQ(draft.plan.instrumentation.http_endpoint, plan.instrumentation.http_endpoint);
  EXPECT_EQ(draft.plan.instrumentation.prometheus_export, plan.instrumentation.prometheus_export);
  for (const TopologyAwareOptions& options : {draft.plan.topology_aware, draft.memtier}) {
    EXPECT_EQ(options.pin_cpu, plan.topology_aware.pin_cpu);
    EXPECT_EQ(options.pin_memory, plan.topology_aware.pin_memory);
    EXPECT_EQ(options.prefer_isolated_cpus, plan.topology_aware.prefer_isolated_cpus);
    EXPECT_EQ(options.prefer_shared_cpus, plan.topology_aware.prefer_shared_cpus);
    EXPECT_EQ(options.reserved_pool_namespaces, plan.topology_aware.reserved_pool_namespaces);
    EXPECT_EQ(options.colocate_pods, plan.topology_aware.colocate_pods);
    EXPECT_EQ(options.colocate_namespaces, plan.topology_aware.colocate_namespaces);
  }
}

TEST(DescribeSchema, FindsModulesByPattern) {
  EXPECT_THAT(DescribeSchema(), HasSubstr("implicit module main"));
  EXPECT_THAT(DescribeSchema(), HasSubstr("full path: policy.topology-aware\n"));
  EXPECT_THAT(DescribeSchema("topology-aware"), HasSubstr("PreferIsolatedCPUs: bool (default true)"));
  EXPECT_THAT(DescribeSchema("topology-aware"), Not(HasSubstr("podpools")));
  EXPECT_THAT(DescribeSchema("policy."), HasSubstr("full path: policy.static\n"));
  EXPECT_THAT(DescribeSchema("policy."), Not(HasSubstr("full path: policy\n")));
  EXPECT_THAT(DescribeSchema(".page-migration"), HasSubstr("MaxPageMoveCount"));
  EXPECT_THAT(DescribeSchema(".control."), HasSubstr("full path: resource-manager.control.page-migration\n"));
  EXPECT_THAT(DescribeSchema("policy"), HasSubstr("sub-modules: policy.balloons, policy.dynamic-pools"));
  EXPECT_THAT(DescribeSchema("rdt"), HasSubstr("not supported yet"));
  EXPECT_EQ(DescribeSchema("nosuch"), "No matching modules found.\n");
}

TEST(DefaultConfigYaml, IsAcceptedAndChangesNothing) {
  const Compiled compiled = CompileText(DefaultConfigYaml());
  EXPECT_TRUE(compiled.ok()) << Message(compiled.status());
  EXPECT_EQ(compiled.plan.policy, "none");
  EXPECT_THAT(DefaultConfigYaml(), HasSubstr("    PinCPU: true\n"));
}

}  // namespace
}  // namespace crm::config
