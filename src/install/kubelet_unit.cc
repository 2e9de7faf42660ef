#include "install/kubelet_unit.h"

#include <algorithm>

#include "install/environment_file.h"
#include "install/unit_file.h"
#include "install/words.h"

namespace crm::install {
namespace {

std::string FileName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The value that the words of Environment= settings give to a name.
std::optional<std::string> InEnvironment(const std::vector<std::string>& settings, std::string_view name) {
  std::optional<std::string> value;
  for (const std::string& setting : settings) {
    for (const Word& word : SplitWords(setting)) {
      const size_t equals = word.text.find('=');
      if (equals != std::string::npos && std::string_view(word.text).substr(0, equals) == name) {
        value = word.text.substr(equals + 1);
      }
    }
  }
  return value;
}

}  // namespace

bool KubeletUnit::UsesExtraArgs() const {
  if (commands.size() != 1) return false;
  const std::vector<Word> words = SplitWords(commands.front());
  return std::any_of(words.begin(), words.end(),
                     [](const Word& word) { return word.text == "$" + std::string(kExtraArgsName); });
}

bool KubeletUnit::ReadsFile(std::string_view path) const {
  return std::find(environment_files.begin(), environment_files.end(), path) != environment_files.end();
}

KubeletUnit DescribeKubeletUnit(std::string fragment_path, bool is_symlink, std::string fragment_text,
                                const std::map<std::string, std::string>& drop_ins,
                                const std::function<std::optional<std::string>(const std::string&)>& read) {
  KubeletUnit unit;
  unit.fragment_path = std::move(fragment_path);
  unit.fragment_is_symlink = is_symlink;
  unit.fragment_text = std::move(fragment_text);

  std::map<std::string, std::string> by_name;
  for (const auto& [path, text] : drop_ins) {
    if (const std::string name = FileName(path); name != kDropInName) by_name[name] = text;
  }
  std::vector<std::string> texts = {unit.fragment_text};
  for (const auto& [name, text] : by_name) texts.push_back(text);

  unit.commands = EffectiveList(texts, "Service", "ExecStart");
  unit.environment_files = EffectiveList(texts, "Service", "EnvironmentFile");
  for (std::string& path : unit.environment_files) {
    if (path.starts_with('-')) path.erase(0, 1);
    const std::optional<std::string> text = read(path);
    if (text && FindAssignment(*text, kExtraArgsName)) unit.extra_args_file = path;
  }
  unit.extra_args =
      InEnvironment(EffectiveList(texts, "Service", "Environment"), kExtraArgsName).value_or("");
  return unit;
}

}  // namespace crm::install
