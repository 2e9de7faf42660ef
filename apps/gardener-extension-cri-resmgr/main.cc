#include "gardener/run.h"

int main(int argc, char** argv) {
  return crm::gardener::RunExtension(std::vector<std::string>(argv + 1, argv + argc));
}
