#pragma once
// The files of an instance as they stand on the disk.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/settings/settings.h"

namespace metka::metkad {

// `config` itself, then the drop-ins of the folder beside it that is named after it: metka.d/*.yaml for
// metka.yaml, in the order of the bytes of their names. Left out is what begins with a dot or does not end in
// .yaml; there need not be such a folder. Links are followed. Refused are: more than 100 drop-ins, a file of
// more than 1 MiB, and what is no regular file, which is never waited for. While root runs it, each file and
// the folder must belong to root and be writable by nobody else: they decide what root does.
Result<std::vector<settings::Source>> read_sources(const std::string& config);

} // namespace metka::metkad
