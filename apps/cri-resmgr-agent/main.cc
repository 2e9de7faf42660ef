#include "agent/run.h"

int main(int argc, char** argv) { return crm::agent::RunAgent(argc, argv); }
