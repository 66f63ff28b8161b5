#include "core/sys/confine.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/sys/landlock.h"
#include "core/sys/log.h"
#include "core/sys/seccomp.h"

namespace metka::sys {

Result<Identity> identity_of(const std::string& user, const std::vector<std::string>& groups)
{
    const auto* const entry = getpwnam(user.c_str());
    if (entry == nullptr) return fail(Fault::invalid, "there is no system user {}", user);
    if (entry->pw_uid == 0)
        return fail(Fault::invalid, "{} is root; a program of the engine must not be", user);
    Identity identity{.uid = entry->pw_uid, .gid = entry->pw_gid, .groups = {}};
    for (const auto& group : groups) {
        const auto* const found = getgrnam(group.c_str());
        if (found == nullptr) return fail(Fault::invalid, "there is no system group {}", group);
        identity.groups.push_back(found->gr_gid);
    }
    return identity;
}

namespace {

constexpr unsigned bit(int capability)
{
    return 1U << static_cast<unsigned>(capability); // all that we name are below 32
}

bool set_capabilities(unsigned kept, unsigned inherited)
{
    __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    sets[0] = {.effective = kept, .permitted = kept, .inheritable = inherited};
    return syscall(SYS_capset, &head, sets.data()) == 0;
}

void forget_other_capabilities(int kept)
{
    for (int each = 0; each == kept || prctl(PR_CAPBSET_DROP, each, 0, 0, 0) == 0; ++each) {
    } // ends at the first number that is no capability, or at once if we are not root
}

// After the change of user, which left the permitted set as it was: through exec goes what is ambient.
bool carry_reading()
{
    const auto reading = bit(CAP_DAC_READ_SEARCH);
    return set_capabilities(reading | bit(CAP_SETPCAP), reading) &&
           prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0) == 0 &&
           prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0) == 0 && set_capabilities(reading, reading);
}

} // namespace

Result<void> become(const Identity& identity)
{
    const bool keeps = identity.powers == Powers::reading;
    forget_other_capabilities(keeps ? CAP_DAC_READ_SEARCH : -1);
    if (keeps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail_errno(errno, "PR_SET_KEEPCAPS");
    if (setgroups(identity.groups.size(), identity.groups.data()) != 0) return fail_errno(errno, "setgroups");
    if (setresgid(identity.gid, identity.gid, identity.gid) != 0) return fail_errno(errno, "setresgid");
    if (setresuid(identity.uid, identity.uid, identity.uid) != 0) return fail_errno(errno, "setresuid");
    if (keeps && !carry_reading()) return fail_errno(errno, "keeping CAP_DAC_READ_SEARCH");
    return {};
}

namespace {

Result<void> become_user(const Posture& posture)
{
    if (geteuid() != 0)
        return {}; // metkad started us as who we must be; or the whole instance runs without root
    auto identity = identity_of(posture.user, posture.groups);
    if (!identity) return pass(identity);
    identity->powers = posture.powers;
    return become(*identity);
}

// What systemd may have lent an instance without root (to bind low ports) is metkad's alone. Of the power to
// read only what we were started with is left, which may be nothing.
Result<void> drop_capabilities(Powers powers)
{
    __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> had{};
    if (syscall(SYS_capget, &head, had.data()) != 0) return fail_errno(errno, "asking for capabilities");
    const auto kept = powers == Powers::reading ? had[0].permitted & bit(CAP_DAC_READ_SEARCH) : 0U;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!set_capabilities(kept, 0)) return fail_errno(errno, "giving up capabilities");
    return {};
}

void prove_root_is_gone()
{
    if (setuid(0) == 0 || setgid(0) == 0 || geteuid() == 0) {
        log(Level::error, "bug.still_root");
        std::abort();
    }
}

} // namespace

Result<Confinement> confine(const Posture& posture)
{
    const auto became = become_user(posture);
    if (!became) return pass(became);
    const auto dropped = drop_capabilities(posture.powers);
    if (!dropped) return pass(dropped);
    if (prctl(PR_SET_DUMPABLE, 0) != 0) return fail_errno(errno, "PR_SET_DUMPABLE");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(errno, "PR_SET_NO_NEW_PRIVS");
    prove_root_is_gone(); // before seccomp, which would refuse the attempt in any case
    auto missing = landlock(posture.places, posture.ports);
    if (!missing) return pass(missing);
#ifndef METKA_SANITIZED // the sanitizers' runtime needs calls of its own
    const auto filtered = seccomp(posture.sockets, posture.threads, posture.folders);
    if (!filtered) return pass(filtered);
#endif
    return Confinement{.missing = std::move(*missing)};
}

} // namespace metka::sys
