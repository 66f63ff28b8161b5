#include "daemon/smtp/intake.h"

#include "core/sys/log.h"
#include "daemon/smtp/replies.h"

namespace metka::smtp {

Intake::Intake(MessageFile file, IntakeLimits limits, wire::MissingFields missing)
    : file_(std::move(file)), limits_(limits), header_(std::move(missing))
{
}

void Intake::write(std::string_view trace_fields)
{
    file_.tail() += trace_fields;
}

std::size_t Intake::feed(std::string_view bytes)
{
    undotted_.clear();
    const auto used = dots_.feed(bytes, undotted_);
    if (too_large() || file_.fault()) return used;
    header_.feed(undotted_, file_.tail());
    if (at_end()) header_.finish(file_.tail());
    file_.write_blocks();
    return used;
}

std::expected<maildir::Written, wire::Reply> Intake::finish()
{
    auto written = file_.finish();
    if (dots_.fault() != wire::DataFault::none) return std::unexpected(replies::bad_line_ends);
    if (too_large()) return std::unexpected(replies::message_too_large);
    if (header_.received() > limits_.hops) return std::unexpected(replies::mail_loop);
    if (written) return *written;
    sys::log(sys::Level::error, "smtp.write_failed", {{"why", written.error().text}});
    const bool full = written.error().fault == Fault::unavailable; // ENOSPC, EDQUOT
    return std::unexpected(full ? replies::disk_full : replies::try_later);
}

} // namespace metka::smtp
