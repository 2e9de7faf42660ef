#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/fs.h"

namespace crm::gardener {

/// One entry of an image vector; "" and {} mean absent. Spec 60 section 8.
struct ImageSource {
  std::string name;
  std::string ref;  ///< full reference; excludes repository and tag
  std::string repository;
  std::string tag;  ///< "sha256:..." is a digest
  std::string version;
  std::string runtime_version;  ///< constraint on the cluster where the container runs
  std::string target_version;   ///< constraint on the shoot
  std::vector<std::string> architectures;
};

struct ImageQuery {
  std::string runtime_version = {};  ///< "" unknown: every constraint matches
  std::string target_version = {};
  std::string architecture = {};  ///< "" is amd64
};

/// Which image to run where: a list of sources of which the best match wins. Immutable once built; any
/// thread.
class ImageVector {
 public:
  /// InvalidArgument naming the entry when a name, or both ref and repository, are missing, when both are
  /// given, or when a constraint can not be read.
  static absl::StatusOr<ImageVector> Parse(std::string_view yaml);
  /// What this program was built with.
  static const ImageVector& Default();

  /// This vector with the entries of `overrides` put over those of the same name, versions and architectures,
  /// and its other entries added.
  ImageVector OverriddenBy(const ImageVector& overrides) const;

  /// The full reference of the best match. NotFound when no entry matches, InvalidArgument for an unreadable
  /// version.
  absl::StatusOr<std::string> Find(std::string_view name, const ImageQuery& query) const;

  const std::vector<ImageSource>& sources() const { return sources_; }

 private:
  std::vector<ImageSource> sources_;
};

/// The default vector under the file that IMAGEVECTOR_OVERWRITE names; the file is read again when it has
/// changed. Thread-safe.
class ImageVectorFile {
 public:
  /// `path` "" is the default vector alone. The file must be readable and valid at this moment.
  static absl::StatusOr<std::unique_ptr<ImageVectorFile>> Open(const FileSystem& fs, std::string path);

  /// A changed file that can not be used is logged once, and the vector read before stays in force.
  ImageVector Current();

 private:
  ImageVectorFile(const FileSystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {}
  absl::Status Reload();

  const FileSystem& fs_;
  const std::string path_;
  absl::Mutex mutex_;
  std::string content_ ABSL_GUARDED_BY(mutex_);
  ImageVector vector_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace crm::gardener
