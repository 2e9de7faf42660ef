#include "base/version.h"

#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstring>
#include <string_view>

#include "fmt/format.h"

namespace crm {
namespace {

constexpr size_t Aligned(size_t size) { return (size + 3) & ~size_t{3}; }

// The id among the notes of one segment, "" when it is not there: elf(5).
std::string FindId(std::string_view notes) {
  ElfW(Nhdr) header;
  while (notes.size() >= sizeof header) {
    std::memcpy(&header, notes.data(), sizeof header);
    const size_t name_at = sizeof header;
    const size_t id_at = name_at + Aligned(header.n_namesz);
    const size_t next = id_at + Aligned(header.n_descsz);
    if (next > notes.size()) return "";
    if (header.n_type == NT_GNU_BUILD_ID &&
        notes.substr(name_at, header.n_namesz) == std::string_view("GNU", 4)) {
      std::string id;
      for (const char byte : notes.substr(id_at, header.n_descsz)) {
        id += fmt::format("{:02x}", static_cast<uint8_t>(byte));
      }
      return id;
    }
    notes.remove_prefix(next);
  }
  return "";
}

// The first object of a process is the program itself.
int VisitProgram(dl_phdr_info* object, size_t, void* id) {
  for (int at = 0; at < object->dlpi_phnum; ++at) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[at];
    if (segment.p_type != PT_NOTE) continue;
    const auto* start = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);
    const std::string found = FindId({start, segment.p_memsz});
    if (!found.empty()) *static_cast<std::string*>(id) = found;
  }
  return 1;
}

}  // namespace

const char* Version() { return CRM_VERSION; }

std::string BuildId() {
  std::string id = "unknown";
  dl_iterate_phdr(VisitProgram, &id);
  return id;
}

}  // namespace crm
