#pragma once
// What the two kinds of fences share: the folders they stand around, held open.

#include <optional>
#include <string>

#include "daemon/metkad/machine/fences.h"
#include "daemon/metkad/machine/fences_kernel.h"

namespace metka::metkad {

// What all of them refer to; it outlives them.
struct FenceGround {
    const sys::Descriptor& mail;
    const UnixAccounts& accounts;
    std::uint32_t mail_uid = 0;
    const Kernel& kernel;
};

std::unique_ptr<Fences> make_btrfs_fences(const FenceGround& ground);
std::unique_ptr<Fences> make_quota_fences(const FenceGround& ground); // null: none of its quotas are on

namespace fence {

// mail/shell, which is metka-mail's: users write only below what lies in it.
Result<sys::Descriptor> shell_folder(const FenceGround& ground);
Result<sys::Descriptor> tree(const FenceGround& ground, const ShellAccount& shell); // not_found: not made yet
Result<void> give_to_store(const FenceGround& ground,
                           const sys::Descriptor& tree); // owner and mode, by descriptor

// The home of the account's user, who must be the one the account was made for. Only a home that lies in a
// folder of root's is opened; nothing below it ever is.
Result<sys::Descriptor> home(const FenceGround& ground, const ShellAccount& shell);

constexpr std::string_view apart = "home and mail lie on different file systems";

std::uint64_t fence_bytes(Bytes limit); // with the slack; does not overflow

} // namespace fence

} // namespace metka::metkad
