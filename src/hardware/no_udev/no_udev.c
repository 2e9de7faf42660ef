// hwloc's static archive asks udev for names of disks and network cards, of which Debian has no archive. These
// definitions say "no udev here", which hwloc handles; topology discovery does not need it. They are weak: a program
// that links libudev itself keeps it.
struct udev;
struct udev_device;

__attribute__((weak)) struct udev* udev_new(void) { return 0; }
__attribute__((weak)) struct udev* udev_unref(struct udev* u) {
  (void)u;
  return 0;
}
__attribute__((weak)) struct udev_device* udev_device_new_from_subsystem_sysname(struct udev* u, const char* s,
                                                                                 const char* n) {
  (void)u, (void)s, (void)n;
  return 0;
}
__attribute__((weak)) const char* udev_device_get_property_value(struct udev_device* d, const char* k) {
  (void)d, (void)k;
  return 0;
}
__attribute__((weak)) struct udev_device* udev_device_unref(struct udev_device* d) {
  (void)d;
  return 0;
}
