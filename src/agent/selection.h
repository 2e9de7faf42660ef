#pragma once

#include <map>
#include <optional>
#include <string>

namespace crm::agent {

/// The data of a ConfigMap: top-level configuration key -> YAML text.
using ConfigData = std::map<std::string, std::string>;

/// A configuration that is to be in force, and where it comes from.
struct Choice {
  std::string source;  ///< "node", "group g", "default": for logging
  std::string map_name;
  ConfigData data;

  friend bool operator==(const Choice& a, const Choice& b) {
    return a.map_name == b.map_name && a.data == b.data;
  }
};

/// Which ConfigMap configures this node: node.<NODE> if it exists, else group.<label> when the node carries
/// the group label, else default. Levels are not merged, and a node with a group never uses default. Pure:
/// events in, pushes out. Nothing is pushed before both watched maps were heard of, nothing that is in force
/// already, and nothing when no map exists, except that deleting the map in use pushes an empty
/// configuration. Not thread-safe. Spec 50 section 4.
class Selection {
 public:
  /// `base`: the common beginning of the ConfigMaps' names.
  Selection(std::string base, std::string node_name);

  /// The map of the node itself.
  std::string NodeMapName() const { return base_ + ".node." + node_name_; }
  /// The other map to watch: of the group, or default. "" until the group is known.
  std::string SecondaryMapName() const { return secondary_name_; }

  /// The node's group label, "" for none. True when another secondary map is to be watched from now on; the
  /// old one's data count until the new one was heard of.
  bool SetGroup(const std::string& group);

  /// A map as it is now, nullopt when it does not exist. The configuration to push, if any. Maps that are not
  /// watched (any more) are ignored.
  std::optional<Choice> OnMap(const std::string& map_name, std::optional<ConfigData> data);

 private:
  std::optional<Choice> Evaluate(const std::string& changed_map);

  std::string base_;
  std::string node_name_;
  std::optional<std::string> group_;
  std::string secondary_name_;

  bool node_heard_ = false;
  bool secondary_heard_ = false;
  std::optional<Choice> node_;
  std::optional<Choice> secondary_;
  std::optional<Choice> in_force_;
};

}  // namespace crm::agent
