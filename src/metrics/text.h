#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crm::metrics {

/// Pieces of the Prometheus text exposition format 0.0.4.

/// [a-zA-Z_:][a-zA-Z0-9_:]*
bool IsMetricName(std::string_view name);
/// [a-zA-Z_][a-zA-Z0-9_]*, not beginning with "__".
bool IsLabelName(std::string_view name);

/// `{a="x",b="y"}`, "" without labels. Bytes that are no UTF-8 become U+FFFD: one of them would spoil the
/// whole scrape.
std::string LabelText(const std::vector<std::string>& names, const std::vector<std::string>& values);
/// As LabelText with one more label at the end.
std::string LabelText(std::vector<std::string> names, std::vector<std::string> values, const char* name,
                      std::string value);

std::string HelpText(std::string_view help);
/// Shortest text that reads back as `value`; "+Inf", "-Inf", "NaN".
std::string ValueText(double value);

}  // namespace crm::metrics
