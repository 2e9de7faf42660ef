#include "base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/status.h"

namespace crm {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  // Closes now and reports what close says (a full network disk tells it only here).
  int Close() {
    const int result = close(fd_);
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "write " + path);
    content.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

class Real : public FileSystem {
 public:
  absl::StatusOr<std::string> Read(const std::string& path) const override {
    Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return ErrnoError(errno, "open " + path);
    std::string content;
    char buffer[16384];
    while (true) {
      const ssize_t n = read(file.get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoError(errno, "read " + path);
      if (n == 0) return content;
      content.append(buffer, static_cast<size_t>(n));
    }
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& path) const override {
    DIR* directory = opendir(path.c_str());
    if (directory == nullptr) return ErrnoError(errno, "open directory " + path);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    closedir(directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  bool Exists(const std::string& path) const override { return access(path.c_str(), F_OK) == 0; }

  absl::Status Write(const std::string& path, std::string_view content) override {
    Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.get() < 0) return ErrnoError(errno, "open " + path);
    return WriteAll(file.get(), content, path);
  }

  absl::Status WriteAtomically(const std::string& path, std::string_view content, int mode) override {
    const std::string temporary = path + ".tmp";
    const auto fail = [&](absl::Status status) {
      unlink(temporary.c_str());
      return status;
    };
    Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (file.get() < 0) return ErrnoError(errno, "create " + temporary);
    if (fchmod(file.get(), static_cast<mode_t>(mode)) != 0)
      return fail(ErrnoError(errno, "chmod " + temporary));
    if (absl::Status status = WriteAll(file.get(), content, temporary); !status.ok()) return fail(status);
    if (fsync(file.get()) != 0) return fail(ErrnoError(errno, "sync " + temporary));
    if (file.Close() != 0) return fail(ErrnoError(errno, "close " + temporary));
    if (rename(temporary.c_str(), path.c_str()) != 0) return fail(ErrnoError(errno, "rename to " + path));
    Descriptor directory(open(Parent(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || fsync(directory.get()) != 0) return ErrnoError(errno, "sync " + Parent(path));
    return absl::OkStatus();
  }

  absl::Status MakeDirectories(const std::string& path, int mode) override {
    if (mkdir(path.c_str(), static_cast<mode_t>(mode)) == 0) return absl::OkStatus();
    if (errno == EEXIST) {
      struct stat info;
      if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return absl::OkStatus();
      return ErrnoError(ENOTDIR, "create directory " + path);
    }
    if (errno != ENOENT || path == "/") return ErrnoError(errno, "create directory " + path);
    CRM_RETURN_IF_ERROR(MakeDirectories(Parent(path), mode));
    if (mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST) {
      return ErrnoError(errno, "create directory " + path);
    }
    return absl::OkStatus();
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) return ErrnoError(errno, "rename " + from + " to " + to);
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) override {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoError(errno, "remove " + path);
    return absl::OkStatus();
  }
};

}  // namespace

FileSystem& RealFileSystem() {
  static auto* real = new Real;  // alive until the process ends: destructors of others may still write
  return *real;
}

absl::StatusOr<std::string> FakeFileSystem::Read(const std::string& path) const {
  const auto it = files_.find(path);
  if (it == files_.end()) return NotFound("open {}: No such file or directory", path);
  return it->second;
}

absl::StatusOr<std::vector<std::string>> FakeFileSystem::List(const std::string& path) const {
  const std::string prefix = path == "/" ? path : path + "/";
  std::set<std::string> names;
  for (auto it = files_.lower_bound(prefix); it != files_.end() && it->first.starts_with(prefix); ++it) {
    names.insert(it->first.substr(prefix.size(), it->first.find('/', prefix.size()) - prefix.size()));
  }
  if (names.empty()) return NotFound("open directory {}: No such file or directory", path);
  return std::vector<std::string>(names.begin(), names.end());
}

bool FakeFileSystem::Exists(const std::string& path) const {
  return files_.contains(path) || List(path).ok();
}

absl::Status FakeFileSystem::Write(const std::string& path, std::string_view content) {
  if (!write_error_.ok()) return Annotate(write_error_, "write " + path);
  files_[path] = std::string(content);
  return absl::OkStatus();
}

absl::Status FakeFileSystem::WriteAtomically(const std::string& path, std::string_view content, int) {
  return Write(path, content);
}

absl::Status FakeFileSystem::MakeDirectories(const std::string&, int) { return write_error_; }

absl::Status FakeFileSystem::Rename(const std::string& from, const std::string& to) {
  CRM_ASSIGN_OR_RETURN(files_[to], Read(from));
  files_.erase(from);
  return absl::OkStatus();
}

absl::Status FakeFileSystem::Remove(const std::string& path) {
  files_.erase(path);
  return absl::OkStatus();
}

}  // namespace crm
