#pragma once
// A state folder with something in every place that a program must not reach. Modes are as wide as they can
// be, so that what is refused is refused by the confinement and not by the files.

#include <string>

#include <netinet/in.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "core/settings/settings.h"
#include "core/sys/descriptor.h"

namespace metka::sys {

class Scene {
  public:
    Scene();
    ~Scene();
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    std::string database() const { return path("directory/metka.db"); } // WAL, held open by a writer
    settings::Settings settings() const;                                // every user is nobody

  private:
    std::string folder_;
    sqlite3* writer_ = nullptr;
};

// What a process holds from before its confinement, as metkad or a peer might have handed it over.
struct Held {
    explicit Held(const Scene& scene);
    pid_t stranger;           // another process, to be left alone
    Descriptor mail;          // a stored message, read-only
    Descriptor socket;        // TCP, neither bound nor connected
    Descriptor listener;      // TCP, with a connection waiting
    Descriptor caller;        // its other end
    Descriptor shut_listener; // TCP, shut down
    Descriptor program;       // /bin/true
    sockaddr_in address{};    // of `listener`
};

} // namespace metka::sys
