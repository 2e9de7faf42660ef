#include "install/host_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/status.h"
#include "install/descriptor.h"

namespace crm::install {
namespace {

constexpr size_t kMostBytes = size_t{256} << 20;  // no file that we read is larger

class RealHostFiles : public HostFiles {
 public:
  RealHostFiles(Descriptor root, std::string name) : root_(std::move(root)), name_(std::move(name)) {}

  absl::StatusOr<FileInfo> Look(const std::string& path) const override {
    const absl::StatusOr<Descriptor> parent = OpenParent(path);
    if (absl::IsNotFound(parent.status())) return FileInfo();
    if (!parent.ok()) return parent.status();
    struct stat info = {};
    if (fstatat(parent->get(), Base(path), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return FileInfo();
      return Failed(path, "look at");
    }
    const FileKind kind = S_ISREG(info.st_mode)   ? FileKind::kFile
                          : S_ISDIR(info.st_mode) ? FileKind::kDirectory
                          : S_ISLNK(info.st_mode) ? FileKind::kSymlink
                                                  : FileKind::kOther;
    return FileInfo{kind, static_cast<int>(info.st_mode & 07777), absl::TimeFromTimespec(info.st_mtim)};
  }

  absl::StatusOr<std::string> Read(const std::string& path) const override {
    CRM_ASSIGN_OR_RETURN(const Descriptor file, Open(path, O_RDONLY | O_NONBLOCK));
    std::string content;
    char buffer[65536];
    while (true) {
      const ssize_t n = read(file.get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Failed(path, "read");
      if (n == 0) return content;
      content.append(buffer, static_cast<size_t>(n));
      if (content.size() > kMostBytes) {
        return ResourceExhausted("{}: larger than the {} bytes that are read at most", Full(path),
                                 kMostBytes);
      }
    }
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& path) const override {
    CRM_ASSIGN_OR_RETURN(Descriptor directory, Open(path, O_RDONLY | O_DIRECTORY));
    DIR* const stream = fdopendir(directory.Release());
    if (stream == nullptr) return Failed(path, "list");
    std::vector<std::string> names;
    while (const dirent* entry = readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    closedir(stream);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::StatusOr<std::string> ReadLink(const std::string& path) const override {
    CRM_ASSIGN_OR_RETURN(const Descriptor parent, OpenParent(path));
    char buffer[4096];
    const ssize_t n = readlinkat(parent.get(), Base(path), buffer, sizeof buffer);
    if (n < 0) return Failed(path, "read link");
    return std::string(buffer, static_cast<size_t>(n));
  }

  absl::StatusOr<bool> ReadOnly(const std::string& directory) const override {
    CRM_ASSIGN_OR_RETURN(const Descriptor opened, Open(directory, O_RDONLY | O_DIRECTORY));
    struct statvfs info = {};
    if (fstatvfs(opened.get(), &info) != 0) return Failed(directory, "look at the file system of");
    return (info.f_flag & ST_RDONLY) != 0;
  }

  absl::Status Write(const std::string& path, std::string_view content, int mode) override {
    CRM_ASSIGN_OR_RETURN(const FileInfo old, Look(path));
    if (old.kind != FileKind::kAbsent && old.kind != FileKind::kFile) {
      return FailedPrecondition("{} is no regular file; expected one, or nothing", Full(path));
    }
    CRM_ASSIGN_OR_RETURN(const Descriptor parent, OpenParent(path));
    const std::string temporary = TemporaryOf(path);
    if (unlinkat(parent.get(), Base(temporary), 0) != 0 && errno != ENOENT)
      return Failed(temporary, "remove");
    absl::Status written = WriteTemporary(parent.get(), temporary, content, mode);
    if (written.ok() && renameat(parent.get(), Base(temporary), parent.get(), Base(path)) != 0) {
      written = Failed(path, "rename to");
    }
    if (!written.ok()) {
      unlinkat(parent.get(), Base(temporary), 0);
      return written;
    }
    return SyncDirectory(path);
  }

  absl::Status Tidy(const std::string& path) override {
    const std::string temporary = TemporaryOf(path);
    return Unlink(temporary, 0);
  }

  absl::Status MakeDirectory(const std::string& path, int mode) override {
    CRM_ASSIGN_OR_RETURN(const Descriptor parent, OpenParent(path));
    if (mkdirat(parent.get(), Base(path), static_cast<mode_t>(mode)) == 0) {
      // The umask may have taken bits away.
      if (fchmodat(parent.get(), Base(path), static_cast<mode_t>(mode), 0) != 0) return Failed(path, "chmod");
      return SyncDirectory(path);
    }
    if (errno != EEXIST) return Failed(path, "create directory");
    return Open(path, O_PATH | O_DIRECTORY).status();
  }

  absl::Status Remove(const std::string& path) override { return Unlink(path, 0); }
  absl::Status RemoveDirectory(const std::string& path) override { return Unlink(path, AT_REMOVEDIR); }

 private:
  std::string Full(const std::string& path) const { return name_ == "/" ? path : name_ + path; }

  absl::Status Failed(const std::string& path, std::string_view what) const {
    return ErrnoError(errno, fmt::format("{} {}", what, Full(path)));
  }

  static const char* Base(const std::string& path) { return path.c_str() + path.rfind('/') + 1; }

  absl::StatusOr<Descriptor> Open(const std::string& path, int flags) const {
    open_how how = {};
    how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_IN_ROOT;
    for (int attempt = 0; attempt < 100; ++attempt) {
      const int64_t fd = syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how);
      if (fd >= 0) return Descriptor(static_cast<int>(fd));
      if (errno != EAGAIN && errno != EINTR) break;  // EAGAIN: something was renamed meanwhile
    }
    if (errno == ENOSYS) return Unimplemented();
    return Failed(path, "open");
  }

  static absl::Status Unimplemented() {
    return Error(
        absl::StatusCode::kUnimplemented,
        "this kernel has no openat2(2), expected Linux 5.6 or newer: paths could lead out of the node's "
        "root");
  }

  absl::StatusOr<Descriptor> OpenParent(const std::string& path) const {
    const std::string base = Base(path);
    if (path.empty() || path.front() != '/' || base.empty() || base == "." || base == "..") {
      return InvalidArgument("\"{}\": expected the absolute path of a file", path);
    }
    return Open(ParentOf(path), O_PATH | O_DIRECTORY);
  }

  absl::Status WriteTemporary(int parent, const std::string& temporary, std::string_view content, int mode) {
    Descriptor file(
        openat(parent, Base(temporary), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0) return Failed(temporary, "create");
    while (!content.empty()) {
      const ssize_t n = write(file.get(), content.data(), content.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Failed(temporary, "write");
      content.remove_prefix(static_cast<size_t>(n));
    }
    if (fchmod(file.get(), static_cast<mode_t>(mode)) != 0) return Failed(temporary, "chmod");
    if (fsync(file.get()) != 0) return Failed(temporary, "sync");
    if (file.Close() != 0) return Failed(temporary, "close");
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const std::string& path) {
    CRM_ASSIGN_OR_RETURN(const Descriptor directory, Open(ParentOf(path), O_RDONLY | O_DIRECTORY));
    return fsync(directory.get()) == 0 ? absl::OkStatus() : Failed(ParentOf(path), "sync");
  }

  absl::Status Unlink(const std::string& path, int flags) {
    const absl::StatusOr<Descriptor> parent = OpenParent(path);
    if (absl::IsNotFound(parent.status())) return absl::OkStatus();
    if (!parent.ok()) return parent.status();
    if (unlinkat(parent->get(), Base(path), flags) == 0) return SyncDirectory(path);
    if (errno == ENOENT) return absl::OkStatus();
    if (errno == ENOTEMPTY || errno == EEXIST) {
      return FailedPrecondition("directory {} is not empty", Full(path));
    }
    return Failed(path, "remove");
  }

  const Descriptor root_;
  const std::string name_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HostFiles>> OpenHostFiles(const std::string& root) {
  Descriptor opened(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) return ErrnoError(errno, "host root " + root);
  std::string name = root;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return std::make_unique<RealHostFiles>(std::move(opened), std::move(name));
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string TemporaryOf(const std::string& path) {
  const size_t slash = path.rfind('/') + 1;
  return path.substr(0, slash) + "." + path.substr(slash) + ".cri-resmgr-installer";
}

}  // namespace crm::install
