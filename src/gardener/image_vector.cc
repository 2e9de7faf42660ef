#include "gardener/image_vector.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "base/status.h"
#include "gardener/semver.h"

namespace crm::gardener {
namespace {

constexpr std::string_view kDefaultText = R"(
images:
- name: gardener-extension-cri-resmgr-installation
  repository: localhost:5001/gardener-extension-cri-resmgr-installation-and-agent
  tag: latest
- name: gardener-extension-cri-resmgr-agent
  repository: localhost:5001/gardener-extension-cri-resmgr-installation-and-agent
  tag: latest
)";

absl::Status ReadText(const YAML::Node& entry, const char* key, std::string* value) {
  const YAML::Node node = entry[key];
  if (!node.IsDefined()) return absl::OkStatus();
  if (!node.IsScalar() || node.Scalar().empty())
    return InvalidArgument("{}: expected a text that is not empty", key);
  *value = node.Scalar();
  return absl::OkStatus();
}

absl::StatusOr<ImageSource> ReadSource(const YAML::Node& entry) {
  if (!entry.IsMap()) return InvalidArgument("expected a mapping with a name");
  ImageSource source;
  CRM_RETURN_IF_ERROR(ReadText(entry, "name", &source.name));
  if (source.name.empty()) return InvalidArgument("name is missing");
  const auto named = [&](absl::Status status) { return Annotate(std::move(status), source.name); };
  const std::pair<const char*, std::string*> texts[] = {
      {"ref", &source.ref},
      {"repository", &source.repository},
      {"tag", &source.tag},
      {"version", &source.version},
      {"runtimeVersion", &source.runtime_version},
      {"targetVersion", &source.target_version},
  };
  for (const auto& [key, value] : texts) {
    if (absl::Status status = ReadText(entry, key, value); !status.ok()) return named(std::move(status));
  }
  if (source.ref.empty() == source.repository.empty()) {
    return named(InvalidArgument("expected either ref or repository, found {}",
                                 source.ref.empty() ? "neither" : "both"));
  }
  if (!source.ref.empty() && !source.tag.empty())
    return named(InvalidArgument("tag: not allowed beside ref"));
  for (const std::string* constraint : {&source.runtime_version, &source.target_version}) {
    if (constraint->empty()) continue;
    if (auto parsed = VersionConstraint::Parse(*constraint); !parsed.ok()) return named(parsed.status());
  }
  if (const YAML::Node list = entry["architectures"]; list.IsDefined() && !list.IsNull()) {
    if (!list.IsSequence()) return named(InvalidArgument("architectures: expected a list"));
    for (const YAML::Node& item : list) {
      if (!item.IsScalar() || item.Scalar().empty())
        return named(InvalidArgument("architectures: expected texts"));
      source.architectures.push_back(item.Scalar());
    }
  }
  return source;
}

// No match is nullopt. Spec 60 section 8, the table of scores.
absl::StatusOr<std::optional<int>> VersionScore(const std::string& constraint, const std::string& wanted) {
  if (constraint.empty() || wanted.empty()) return std::optional<int>(0);
  CRM_ASSIGN_OR_RETURN(const VersionConstraint parsed, VersionConstraint::Parse(constraint));
  CRM_ASSIGN_OR_RETURN(const Version version, ParseVersion(wanted));
  if (!parsed.Matches(version)) return std::optional<int>();
  return std::optional<int>(parsed.Exact() ? 2 : 1);
}

std::optional<int> ArchitectureScore(const std::vector<std::string>& source, const std::string& wanted) {
  const std::string_view name = wanted.empty() ? "amd64" : std::string_view(wanted);
  if (source.empty()) return name == "amd64" || name == "arm64" ? std::optional<int>(1) : std::nullopt;
  if (std::find(source.begin(), source.end(), name) == source.end()) return std::nullopt;
  return source.size() == 1 ? 2 : 1;
}

std::string Reference(const ImageSource& source, const std::string& target_version) {
  if (!source.ref.empty()) return source.ref;
  std::string tag = source.tag;
  if (tag.empty() && !target_version.empty()) {
    tag = target_version.starts_with('v') ? target_version : "v" + target_version;
  }
  if (tag.empty()) return source.repository;
  return source.repository + (tag.starts_with("sha256:") ? "@" : ":") + tag;
}

bool SameKey(const ImageSource& a, const ImageSource& b) {
  return a.name == b.name && a.runtime_version == b.runtime_version && a.target_version == b.target_version &&
         a.architectures == b.architectures;
}

}  // namespace

absl::StatusOr<ImageVector> ImageVector::Parse(std::string_view yaml) {
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    const YAML::Node images = root.IsMap() ? root["images"] : YAML::Node();
    if (!images.IsSequence()) return InvalidArgument("image vector: expected a mapping with the list images");
    ImageVector vector;
    for (size_t i = 0; i < images.size(); ++i) {
      absl::StatusOr<ImageSource> source = ReadSource(images[i]);
      if (!source.ok()) return Annotate(source.status(), fmt::format("image vector: images[{}]", i));
      vector.sources_.push_back(*std::move(source));
    }
    return vector;
  } catch (const YAML::Exception& error) {
    return InvalidArgument("image vector: {}", error.what());
  }
}

const ImageVector& ImageVector::Default() {
  static const ImageVector* const vector = new ImageVector(*Parse(kDefaultText));
  return *vector;
}

ImageVector ImageVector::OverriddenBy(const ImageVector& overrides) const {
  ImageVector result = *this;
  for (const ImageSource& over : overrides.sources_) {
    const auto found = std::find_if(result.sources_.begin(), result.sources_.end(),
                                    [&](const ImageSource& source) { return SameKey(source, over); });
    if (found == result.sources_.end()) {
      result.sources_.push_back(over);
      continue;
    }
    const std::string old_tag = found->tag;
    if (!over.ref.empty()) {
      found->ref = over.ref;
      found->repository.clear();
      found->tag.clear();
    } else {
      found->repository = over.repository;
      found->ref.clear();
      if (!over.tag.empty()) found->tag = over.tag;
    }
    if (!over.version.empty()) {
      found->version = over.version;
    } else if (found->version.empty() && !found->tag.empty()) {
      found->version = old_tag;
    }
  }
  return result;
}

absl::StatusOr<std::string> ImageVector::Find(std::string_view name, const ImageQuery& query) const {
  const ImageSource* best = nullptr;
  int best_score = -1;
  for (const ImageSource& source : sources_) {
    if (source.name != name) continue;
    CRM_ASSIGN_OR_RETURN(const std::optional<int> runtime,
                         VersionScore(source.runtime_version, query.runtime_version));
    CRM_ASSIGN_OR_RETURN(const std::optional<int> target,
                         VersionScore(source.target_version, query.target_version));
    const std::optional<int> architecture = ArchitectureScore(source.architectures, query.architecture);
    if (!runtime || !target || !architecture) continue;
    if (const int score = *runtime + *target + *architecture; score > best_score) {
      best = &source;
      best_score = score;
    }
  }
  if (best == nullptr) {
    return NotFound(
        "could not find image \"{}\" opts runtimeVersion \"{}\", targetVersion \"{}\", architecture \"{}\"",
        name, query.runtime_version, query.target_version, query.architecture);
  }
  return Reference(*best, query.target_version);
}

absl::StatusOr<std::unique_ptr<ImageVectorFile>> ImageVectorFile::Open(const FileSystem& fs,
                                                                       std::string path) {
  std::unique_ptr<ImageVectorFile> file(new ImageVectorFile(fs, std::move(path)));
  absl::MutexLock lock(&file->mutex_);
  file->vector_ = ImageVector::Default();
  if (!file->path_.empty()) CRM_RETURN_IF_ERROR(Annotate(file->Reload(), "IMAGEVECTOR_OVERWRITE"));
  return file;
}

absl::Status ImageVectorFile::Reload() {
  mutex_.AssertHeld();
  CRM_ASSIGN_OR_RETURN(std::string content, fs_.Read(path_));
  if (content == content_) return absl::OkStatus();
  content_ = std::move(content);
  absl::StatusOr<ImageVector> overrides = ImageVector::Parse(content_);
  if (!overrides.ok()) return Annotate(overrides.status(), path_);
  vector_ = ImageVector::Default().OverriddenBy(*overrides);
  return absl::OkStatus();
}

ImageVector ImageVectorFile::Current() {
  absl::MutexLock lock(&mutex_);
  if (!path_.empty()) {
    if (const absl::Status status = Reload(); !status.ok()) {
      Logger("cri-resmgr-actuator").Warning("image vector overwrite is kept as it was: {}", Message(status));
    }
  }
  return vector_;
}

}  // namespace crm::gardener
