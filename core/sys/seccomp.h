#pragma once
// The list of system calls that stay. Everything else answers EPERM; nothing here can start a program, listen
// on a socket of its own, load code, trace, mount or change who we are.

#include "core/base/result.h"
#include "core/sys/confine.h"

namespace metka::sys {

Result<void> seccomp(Sockets sockets, Threads threads, Folders folders);

} // namespace metka::sys
