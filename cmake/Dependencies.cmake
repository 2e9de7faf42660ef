# Every library we use, as one target each, found as Debian ships it. Why each one: docs/decisions/dependencies.md.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(GTest REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_program(CRM_GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

# A static program resolves -lx to libx.a, every other one to libx.so; the group resolves the archives' cycles.
function(crm_external name)
  list(REMOVE_DUPLICATES ARGN)
  list(JOIN ARGN "," libraries)
  add_library(crm_${name} INTERFACE)
  target_link_libraries(crm_${name} INTERFACE "$<LINK_GROUP:RESCAN,${libraries}>" Threads::Threads)
  add_library(crm::${name} ALIAS crm_${name})
endfunction()

# gRPC without TLS: everything we speak gRPC with is a unix socket of this host.
pkg_check_modules(GRPC REQUIRED grpc++_unsecure)
list(FILTER GRPC_LIBRARIES INCLUDE REGEX "^(grpc|gpr|absl_)")
set(CRM_ABSL ${GRPC_LIBRARIES})
list(FILTER CRM_ABSL INCLUDE REGEX "^absl_")
crm_external(absl ${CRM_ABSL})
crm_external(grpc ${GRPC_LIBRARIES} protobuf z cares re2 upb address_sorting)
# hwloc's archive asks for libudev, of which Debian has no archive: src/hardware/no_udev answers in a static program.
crm_external(hwloc hwloc crm_no_udev)
crm_external(yaml yaml-cpp)
crm_external(re2 re2)
crm_external(ssl ssl crypto)
# fmt is headers plus src/base/fmt_library.cc, hence part of crm::base.
add_library(crm_fmt INTERFACE)
add_library(crm::fmt ALIAS crm_fmt)
add_library(crm_spdlog INTERFACE)
target_compile_definitions(crm_spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
add_library(crm::spdlog ALIAS crm_spdlog)
