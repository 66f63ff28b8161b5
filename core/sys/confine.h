#pragma once
// How a program gives away what it does not need, before it reads a byte from outside. The order is fixed:
// groups, user, capabilities, no_new_privs, Landlock, seccomp; then it tries to take root back, and aborts if
// that works. `grep -rn "Posture posture" daemon` lists the posture of every program.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace metka::sys {

enum class Reach {
    read,   // open files below for reading, list folders
    modify, // also make, change, link, rename and remove files below
    name,   // of reading only: also make symbolic links below
    empty,  // of reading only: also remove files and folders below
};

struct Place {
    std::string folder; // rules name folders, since SQLite's -wal and -shm are made anew
    Reach reach = Reach::read;
};

// accepting: accept(2) on sockets it was handed; asking: clients of its own over UDP and TCP; answering: what
// it was handed and nothing else, while handed and accepting may make wires. None may listen.
enum class Sockets { answering, handed, accepting, asking };
// many: may start threads (never processes) after it is confined.
enum class Threads { one, many };
// keeping: link, rename, unlink, mkdir and chmod exist at all; naming: symlink alone; emptying: unlink and
// chmod.
enum class Folders { fixed, keeping, naming, emptying };
// reading: CAP_DAC_READ_SEARCH alone, to read every file and folder; it must have been started with it.
enum class Powers { none, reading };

// What one program may do. Everything not named is refused by the kernel.
struct Posture {
    std::string user;                // whom a process that is still root becomes
    std::vector<std::string> groups; // supplementary groups, by name
    std::vector<Place> places;       // Landlock: all else in the file system is closed
    Sockets sockets = Sockets::handed;
    Threads threads = Threads::one;
    Folders folders = Folders::fixed;
    Powers powers = Powers::none;
    std::vector<std::uint16_t> ports = {}; // Landlock: where a TCP client of its own may connect to
};

// What the kernel could not give; said once in the log and shown by `metkactl status`.
struct Confinement {
    std::vector<std::string> missing; // empty: everything asked for is in force
};

// Faults: invalid (no such user, group or folder), internal (the kernel refused a step it supports: do not go
// on).
Result<Confinement> confine(const Posture&);

struct Identity {
    unsigned uid = 0;
    unsigned gid = 0;
    std::vector<unsigned> groups;
    Powers powers = Powers::none; // what is kept, and kept through exec
};
Result<Identity> identity_of(const std::string& user, const std::vector<std::string>& groups);
Result<void> become(const Identity&); // real, effective and saved, for ever; async-signal-safe after fork

} // namespace metka::sys
