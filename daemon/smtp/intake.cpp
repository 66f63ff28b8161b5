#include "daemon/smtp/intake.h"

#include "core/sys/log.h"
#include "daemon/smtp/replies.h"

namespace metka::smtp {

Bytes size_of(const Taken& taken)
{
    const auto* const whole = std::get_if<maildir::WholeMessage>(&taken);
    return whole ? whole->written().size : std::get<maildir::Written>(taken).size;
}

Intake::Intake(Form form, IntakeLimits limits, wire::MissingFields missing, Allowance& memory)
    : file_(memory, limits.whole),
      limits_(limits),
      reader_(form == Form::dots ? Reader(wire::DotReader()) : Reader(wire::ChunkReader())),
      header_(std::move(missing), limits.header)
{
}

bool Intake::too_large() const
{
    const auto octets = std::visit([](const auto& reader) { return reader.octets(); }, reader_);
    return octets > limits_.message.count;
}

void Intake::write(std::string_view trace_fields)
{
    file_.tail() += trace_fields;
}

std::size_t Intake::read(std::string_view bytes, std::string& out)
{
    if (auto* const dots = std::get_if<wire::DotReader>(&reader_)) {
        const auto used = dots->feed(bytes, out);
        at_end_ = dots->at_end();
        return used;
    }
    std::get<wire::ChunkReader>(reader_).feed(bytes, out);
    return bytes.size();
}

std::size_t Intake::feed(std::string_view bytes)
{
    if (header_.in_body() && is_kept()) { // nothing is looked at any more: no need for a copy
        const auto used = read(bytes, file_.tail());
        file_.settle();
        return used;
    }
    text_.clear();
    const auto used = read(bytes, text_);
    if (is_kept()) pass_header();
    return used;
}

void Intake::end_chunks()
{
    text_.clear();
    std::get<wire::ChunkReader>(reader_).finish(text_);
    at_end_ = true;
    if (is_kept()) pass_header();
}

void Intake::pass_header()
{
    header_.feed(text_, file_.tail());
    if (at_end_) header_.finish(file_.tail());
    file_.settle();
    if (header_.in_body()) std::string().swap(text_); // an empty one would keep its room
}

void Intake::use(sys::Descriptor file)
{
    file_.use(std::move(file));
    file_.settle();
}

void Intake::refuse(const wire::Reply& reply)
{
    refusal_ = reply;
    std::string().swap(file_.tail());
    file_.settle();
}

std::optional<wire::Reply> Intake::fault() const
{
    const auto line_fault = std::visit([](const auto& reader) { return reader.fault(); }, reader_);
    if (line_fault != wire::DataFault::none) return replies::bad_line_ends;
    if (too_large()) return replies::message_too_large;
    if (refusal_) return refusal_;
    if (header_.fault() == wire::HeaderFault::too_large) return replies::header_too_large;
    if (header_.fault() == wire::HeaderFault::field_too_large) return replies::field_too_large;
    if (header_.received() > limits_.hops) return replies::mail_loop;
    if (header_.fault() == wire::HeaderFault::too_many_fields) return replies::too_many_fields;
    return std::nullopt;
}

std::expected<Taken, wire::Reply> Intake::finish()
{
    const auto refused = fault();
    if (refused) return std::unexpected(*refused);
    if (file_.is_whole()) return file_.take_whole();
    const auto written = file_.finish();
    if (written) return *written;
    sys::log(sys::Level::error, "smtp.write_failed", {{"why", written.error().text}});
    const bool full = written.error().fault == Fault::unavailable; // ENOSPC, EDQUOT
    return std::unexpected(full ? replies::disk_full : replies::try_later);
}

} // namespace metka::smtp
