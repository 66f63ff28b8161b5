#pragma once
// metkad from its configuration to its end: each step says in one sentence what keeps it from going on.

#include <string>

#include "core/settings/settings.h"

namespace metka::metkad {

// Runs until SIGTERM or SIGINT. `config` is the path of metka.yaml, which SIGHUP has it read again; `files`
// is what it and its drop-ins say now. Returns the exit status: 0; 77 not permitted (a port, a folder); 78
// configuration (a port taken, a database from a newer version, another metkad here); 75 try later; 74 input
// or output.
int run_daemon(std::string config, settings::Loaded files);

} // namespace metka::metkad
