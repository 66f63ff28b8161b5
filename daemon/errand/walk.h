#pragma once
// A walk through all that lies below a folder, whoever made it and whatever it is: never through a link,
// never onto another mount, without recursion, and with a descriptor for each level as its only memory.

#include <cstdint>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "core/sys/descriptor.h"

namespace metka::errand {

class Visitor {
  public:
    virtual ~Visitor() = default;
    virtual void file(int folder, const char* name, const struct stat& status) = 0; // everything but folders
    // A folder before it is entered. What it returns is opened in its place; refused() follows if that fails.
    virtual void folder(int /*parent*/, const char* /*name*/) {}
    virtual void refused(int error_number) = 0;                 // a folder, or a name, could not be read
    virtual void left(int parent, const std::string& name) = 0; // a folder whose entries were all visited
};

// `most_levels`: below so many, folders are refused with EMFILE.
void walk(const sys::Descriptor& folder, Visitor& visitor, std::size_t most_levels = 10'000);

} // namespace metka::errand
