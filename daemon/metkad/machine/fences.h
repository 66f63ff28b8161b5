#pragma once
// The kernel's limit around the space of a shell account, where the file system has one (DOMAIN "Capacity and
// disk limits"). Metka's own count is the rule; a fence stands 16 MiB behind it and holds whoever writes past
// metka-store: the shell user. Which kind there is is found out at start.
//
//   btrfs   home and mail tree are subvolumes; one qgroup holds both
//   quota   XFS, ext4 and others with quotas: a user quota for what the user owns, a project quota for the
//   mail tree none    the count alone
//
// Faults: io, unavailable. A fence that cannot be had is no fault of provisioning: it is reported, and the
// count holds.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/domain/objects.h"
#include "core/sys/descriptor.h"
#include "daemon/metkad/machine/accounts.h"

namespace metka::metkad {

constexpr Bytes fence_slack = 16_MiB;

struct FenceReport {
    std::string kind;                  // "btrfs", "quota", "none"
    std::string covers;                // "home and mail", "mail", "" – and of `none` why there is no other
    std::optional<Bytes> used;         // by the kernel's record, of what it covers
    std::vector<std::string> problems; // a nested subvolume, a shed project id, a limit that is not in force
    std::string show() const;          // "btrfs: home and mail"
};

class Fences {
  public:
    virtual ~Fences() = default;
    // Before metka-store makes the tree mail/shell/<id>: as a subvolume, or with a project, of metka-mail's.
    // Safe to repeat.
    virtual Result<void> prepare(const ShellAccount& shell) = 0;
    virtual Result<void> set(const ShellAccount& shell) = 0;    // its disk limit, now; the user must be there
    virtual Result<void> remove(const ShellAccount& shell) = 0; // before the tree goes; safe to repeat
    virtual FenceReport look(const ShellAccount& shell) const = 0;
};

// `mail`: the mail folder, held open. Probes once.
std::unique_ptr<Fences> make_fences(const sys::Descriptor& mail, const UnixAccounts& accounts,
                                    std::uint32_t mail_uid);

} // namespace metka::metkad
