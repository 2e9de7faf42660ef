#include "agent/selection.h"

#include <utility>

namespace crm::agent {

Selection::Selection(std::string base, std::string node_name)
    : base_(std::move(base)), node_name_(std::move(node_name)) {}

bool Selection::SetGroup(const std::string& group) {
  if (group_ == group) return false;
  group_ = group;
  secondary_name_ = group.empty() ? base_ + ".default" : base_ + ".group." + group;
  return true;
}

std::optional<Choice> Selection::OnMap(const std::string& map_name, std::optional<ConfigData> data) {
  std::optional<Choice> choice;
  if (map_name == NodeMapName()) {
    if (data) choice = Choice{"node", map_name, *std::move(data)};
    node_ = std::move(choice);
    node_heard_ = true;
  } else if (!secondary_name_.empty() && map_name == secondary_name_) {
    const std::string source = group_->empty() ? "default" : "group " + *group_;
    if (data) choice = Choice{source, map_name, *std::move(data)};
    secondary_ = std::move(choice);
    secondary_heard_ = true;
  } else {
    return std::nullopt;
  }
  return Evaluate(map_name);
}

std::optional<Choice> Selection::Evaluate(const std::string& changed_map) {
  if (!node_heard_ || !secondary_heard_) return std::nullopt;
  const std::optional<Choice>& chosen = node_ ? node_ : secondary_;
  if (chosen) {
    if (in_force_ == chosen) return std::nullopt;
    in_force_ = chosen;
    return in_force_;
  }
  // Only the deletion of what was in use resets the daemon; a node that moves to a group without a map keeps
  // what it has.
  if (!in_force_ || in_force_->map_name != changed_map) return std::nullopt;
  Choice empty{"empty " + in_force_->source, in_force_->map_name, {}};
  in_force_.reset();
  return empty;
}

}  // namespace crm::agent
