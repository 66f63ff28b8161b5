#pragma once
// Files and folders reached safely: always beneath a folder already held, never through a link, never into
// another file system (openat2(2)); whole reads and writes; durable writes.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/sys/descriptor.h"

namespace metka::sys {

Result<Descriptor> open_folder(const std::string& path); // a path from the configuration, links allowed
// `path` is relative to `folder` and stays beneath it: no links, no "..", no mount points. With O_NONBLOCK a
// file that somebody holds a lease on (fcntl(2)) is denied.
Result<Descriptor> open_beneath(int folder, const std::string& path, int flags, mode_t mode = 0);
Result<Descriptor> open_folder_beneath(int folder, const std::string& path);
// Makes `path` and its parents beneath `folder`; existing ones are left as they are. Not yet durable.
Result<Descriptor> make_folders_beneath(int folder, const std::string& path, mode_t mode);

Result<struct stat> status_of(int fd);
Result<void> write_whole(int fd, std::string_view bytes, std::uint64_t offset);
Result<std::string> read_whole(int fd, Bytes most); // a regular file from its beginning; limit if larger
Result<std::string> read_file(const std::string& path, Bytes most); // a path from the configuration
Result<void> sync(int fd);                                          // fsync(2)

// Writes a whole file so that after a crash the old or the new one is there: temporary name, fsync, rename,
// fsync of the folder.
Result<void> replace_file(int folder, const std::string& name, std::string_view content, mode_t mode);

// All but . and .., in no order. Half a listing is none: what cannot be read to its end is a fault.
Result<void> each_name_in(int folder, const std::function<void(std::string_view)>& visit);
Result<std::vector<std::string>> names_in(int folder);

// What the kernel's refusal means to whoever asked for a file: not_found, conflict, denied; the rest is for
// fail_errno to judge.
std::unexpected<Error> refused(int error_number, const std::string& doing);

// An anonymous file in memory, sealed against any change: how certificates and keys travel.
Result<Descriptor> sealed_memory(const std::string& label, std::string_view content);

} // namespace metka::sys
