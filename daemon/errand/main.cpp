// metka-errand(8): one thing done in a user's files by somebody who is not root, and then it ends.

#include <array>
#include <exception>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/household/household.h"
#include "core/sys/frame.h"
#include "core/sys/log.h"
#include "daemon/errand/errands.h"
#include "daemon/errand/posture.h"

namespace metka::errand {

namespace {

using Answer = Result<sys::Frame>;

Result<void> take(const sys::Posture& posture)
{
    const auto confined = sys::confine(posture); // metkad's own programs say what the kernel lacks
    if (!confined) return pass(confined);
    return {};
}

Answer link(char** words)
{
    const std::string path = words[0];
    const auto home = open_home(path, geteuid());
    if (!home) return pass(home);
    const auto taken = take(posture_to_link(path));
    if (!taken) return pass(taken);
    const auto linked = link_maildir(*home, words[1]);
    if (!linked) return pass(linked);
    return sys::encode(*linked);
}

Answer measure_home(char** words)
{
    const std::string path = words[0];
    const auto uid = parse_number(words[1]);
    if (!uid) return fail(Fault::invalid, "“{}” is no uid", escaped(words[1], 40));
    const auto home = open_home(path, static_cast<std::uint32_t>(*uid));
    if (!home) return pass(home);
    const auto taken = take(posture_to_measure(path));
    if (!taken) return pass(taken);
    return sys::encode(measure(*home));
}

Answer clear_folder(char** /*words*/)
{
    const sys::Descriptor folder(fcntl(household::folder_descriptor, F_DUPFD_CLOEXEC, 5));
    if (!folder) return fail_errno(errno, "taking the folder to be emptied");
    const auto path = "/proc/self/fd/" + std::to_string(folder.get());
    // Its owner may have closed it to everybody. It is held, not open, so that fchmod(2) would not take it.
    if (chmod(path.c_str(), 0700) != 0) return fail_errno(errno, "opening a folder to its owner");
    const auto taken = take(posture_to_clear(path));
    if (!taken) return pass(taken);
    return sys::encode(clear(folder));
}

struct Row {
    std::string_view word;
    int arguments;
    Answer (*carry_out)(char** words);
};
constexpr std::array<Row, 3> rows{{
    {"link", 2, link},
    {"measure", 2, measure_home},
    {"clear", 0, clear_folder},
}};

int run(int count, char** words)
{
    if (geteuid() == 0) {
        sys::log(sys::Level::error, "errand.is_root"); // metkad becomes somebody else before it starts us
        return EX_USAGE;
    }
    for (const auto& row : rows) {
        if (count != row.arguments + 2 || row.word != words[1]) continue;
        auto answer = row.carry_out(words + 2);
        const auto frame = answer ? std::move(*answer) : sys::encode_error(answer.error());
        const auto passed = sys::send_frame(household::metkad_descriptor, frame);
        return answer && passed == sys::Passed::whole ? EX_OK : EX_UNAVAILABLE;
    }
    sys::log(sys::Level::error, "errand.unknown");
    return EX_USAGE;
}

} // namespace

} // namespace metka::errand

int main(int count, char** words)
{
    metka::sys::log_as("metka-errand", metka::sys::Level::info);
    try {
        return metka::errand::run(count, words);
    } catch (const std::exception& error) {
        metka::sys::log(metka::sys::Level::error, "bug.exception",
                        {{"in", "errand"}, {"what", error.what()}});
        return EX_SOFTWARE;
    }
}
