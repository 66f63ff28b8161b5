#include "core/maildir/list_reader.h"

#include <algorithm>
#include <span>
#include <tuple>

#include <ctime>

#include "core/maildir/message_name.h"

namespace metka::maildir {

namespace {

constexpr std::size_t longest_name = 255;            // NAME_MAX
constexpr auto tick = std::chrono::milliseconds(50); // some times that of the clock of any kernel

bool is_older_than_a_tick(const timespec& time)
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now); // the one that stamps files
    const auto seconds = std::chrono::seconds(now.tv_sec - time.tv_sec);
    return seconds + std::chrono::nanoseconds(now.tv_nsec - time.tv_nsec) > tick;
}

} // namespace

class ListReader {
  public:
    ListReader(const InboxFolders& folders, Disk& disk, const Listing* before, std::size_t most)
        : folders_(folders),
          disk_(disk),
          owners_(owners_of(folders)),
          before_(owners_.shell == 0 ? before : nullptr),
          most_(most)
    {
    }

    // new/ first: a message that a program moves to cur/ meanwhile is then seen twice, not missed.
    Result<Listing> read()
    {
        for (const auto folder : {Subfolder::fresh, Subfolder::seen}) {
            const auto take_it = [this, folder](std::string_view file) { take(folder, file); };
            const auto read = disk_.each_name(descriptor_of(folders_, folder), take_it);
            if (!read) return pass(read);
        }
        keep_oldest();
        std::ranges::sort(drafts_, {}, [this](const Draft& draft) { return place(draft); });
        return write();
    }

  private:
    struct Draft {
        std::uint64_t seconds = 0;
        std::uint32_t at = 0;
        std::uint8_t length = 0;
        std::uint8_t key = 0;
        std::uint8_t base = 0;
        Subfolder folder = Subfolder::fresh;
    };

    void take(Subfolder folder, std::string_view file)
    {
        if (file.size() > longest_name) return;
        const auto name = parse_message_name(file);
        const Draft draft{.seconds = name.seconds,
                          .at = static_cast<std::uint32_t>(names_.size()),
                          .length = static_cast<std::uint8_t>(file.size()),
                          .key = static_cast<std::uint8_t>(name.key.size()),
                          .base = static_cast<std::uint8_t>(name.base.size()),
                          .folder = folder};
        names_ += file;
        if (has_left_out_ && place(draft) > place(drafts_[most_ - 1])) return names_.resize(draft.at);
        drafts_.push_back(draft);
        if (drafts_.size() >= 2 * most_) keep_oldest(); // however many there are, this much is held
    }

    std::string_view file(const Draft& draft) const
    {
        return std::string_view(names_).substr(draft.at, draft.length);
    }
    std::tuple<std::uint64_t, std::string_view, std::string_view, Subfolder, std::string_view>
    place(const Draft& draft) const
    {
        const auto name = file(draft);
        return {draft.seconds, name.substr(0, draft.base), name.substr(0, draft.key), draft.folder, name};
    }

    // The newest of them comes last: what is newer still can be none of the oldest.
    void keep_oldest()
    {
        if (drafts_.size() <= most_) return;
        const auto newest = drafts_.begin() + static_cast<std::ptrdiff_t>(most_ - 1);
        std::ranges::nth_element(drafts_, newest, {}, [this](const Draft& draft) { return place(draft); });
        drafts_.erase(newest + 1, drafts_.end());
        has_left_out_ = true;
        std::string kept;
        for (auto& draft : drafts_) {
            const auto at = static_cast<std::uint32_t>(kept.size());
            kept += file(draft);
            draft.at = at;
        }
        names_ = std::move(kept);
    }

    Result<Listing> write()
    {
        listing_.rows_.reserve(drafts_.size());
        listing_.names_.reserve(names_.size());
        for (std::size_t begin = 0, end = 0; begin < drafts_.size(); begin = end) {
            for (end = begin + 1; end < drafts_.size() && key(drafts_[end]) == key(drafts_[begin]);)
                ++end;
            const auto added = add_last_of(std::span(drafts_).subspan(begin, end - begin));
            if (!added) return pass(added);
        }
        hash_shared_bases();
        return std::move(listing_);
    }

    // Of one message that was seen twice, while it moved or since a move was not finished, the later name.
    Result<void> add_last_of(std::span<const Draft> same)
    {
        for (auto draft = same.rbegin(); draft != same.rend(); ++draft) {
            const auto measured = measure(*draft);
            if (!measured) return pass(measured);
            if (!measured->is_message) continue;
            add(*draft, *measured, same.size() > 1 ? Sightings::several : Sightings::one);
            return {};
        }
        return {};
    }

    std::string_view key(const Draft& draft) const { return file(draft).substr(0, draft.key); }

    enum class Sightings { one, several };

    struct Measured {
        bool is_message = false;
        std::uint64_t stored = 0;
        std::uint64_t octets = 0;
        std::uint64_t number = 0; // of its file
    };

    Result<Measured> measure(const Draft& draft)
    {
        const auto known = known_before(draft);
        if (known) return *known;
        const std::string name(file(draft));
        const int folder = descriptor_of(folders_, draft.folder);
        const auto status = status_at(folder, name);
        if (!status) return Measured{}; // renamed or removed since it was listed
        if (!is_message(*status, owners_) || !is_readable(folder, name, *status)) return skipped();
        const auto stored = static_cast<std::uint64_t>(status->st_size);
        const auto claims = parse_message_name(name);
        const bool is_ours = status->st_uid == owners_.store && has_our_form(claims);
        if (is_ours && is_believable(claims, stored)) // so it is not opened
            return Measured{
                .is_message = true, .stored = stored, .octets = *claims.octets, .number = status->st_ino};
        return opened(folder, name, claims);
    }

    Measured skipped()
    {
        ++listing_.skipped_;
        return {};
    }

    Result<Measured> opened(int folder, const std::string& name, const MessageName& claims)
    {
        const auto message = open_message(disk_, folder, name, owners_);
        if (!message && message.error().fault == Fault::unavailable) return pass(message);
        if (!message && message.error().fault == Fault::not_found) return Measured{}; // it went meanwhile
        if (!message || !*message) return skipped();
        const auto octets = octets_sent(**message, claims);
        if (!octets) return skipped();
        return Measured{
            .is_message = true, .stored = (*message)->size, .octets = *octets, .number = (*message)->number};
    }

    // Both are in the same order.
    std::optional<Measured> known_before(const Draft& draft)
    {
        if (before_ == nullptr) return std::nullopt;
        for (; before_at_ < before_->size(); ++before_at_) {
            const auto name = parse_message_name(before_->file(before_at_));
            const auto then = std::tuple(name.seconds, name.base, name.key);
            const auto now = std::tuple(draft.seconds, file(draft).substr(0, draft.base), key(draft));
            if (then < now) continue;
            if (then > now) break;
            if (before_->file(before_at_) != file(draft) || before_->folder(before_at_) != draft.folder)
                break;
            return Measured{.is_message = true,
                            .stored = before_->stored(before_at_),
                            .octets = before_->octets(before_at_)};
        }
        return std::nullopt;
    }

    void add(const Draft& draft, const Measured& measured, Sightings sightings)
    {
        const auto at = static_cast<std::uint32_t>(listing_.names_.size());
        listing_.names_ += file(draft);
        listing_.rows_.push_back({.octets = measured.octets,
                                  .stored = measured.stored,
                                  .at = at,
                                  .length = draft.length,
                                  .key = draft.key,
                                  .folder = draft.folder,
                                  .is_hashed = !has_fit_base(parse_message_name(file(draft))),
                                  .has_twin = sightings == Sightings::several});
        if (owners_.shell != 0) listing_.numbers_.push_back(measured.number);
        listing_.octets_ += measured.octets;
    }

    // Two keys with one base (their S= differ, or a user made them) are told apart by their hashes, both of
    // them, so that neither's uid depends on which came first. They are neighbours here.
    void hash_shared_bases()
    {
        auto& rows = listing_.rows_;
        const auto base = [this](std::size_t i) {
            return parse_message_name(listing_.file(static_cast<Listing::Index>(i))).base;
        };
        for (std::size_t i = 1; i < rows.size(); ++i)
            if (base(i - 1) == base(i)) rows[i - 1].is_hashed = rows[i].is_hashed = true;
    }

    const InboxFolders& folders_;
    Disk& disk_;
    Owners owners_;
    const Listing* before_;
    std::size_t most_;
    Listing::Index before_at_ = 0;
    std::vector<Draft> drafts_;
    std::string names_;
    bool has_left_out_ = false; // keep_oldest()
    Listing listing_;
};

Result<ListingThen> read_listing(const InboxFolders& folders, Disk& disk, const Listing* before,
                                 std::size_t most)
{
    // A name that changes while a folder is read may be missed: read again, unless it never stands still.
    constexpr int most_readings = 3;
    for (int reading = 1;; ++reading) {
        const auto times = times_of(folders);
        if (!times) return pass(times);
        const bool is_settled = is_older_than_a_tick(times->fresh) && is_older_than_a_tick(times->seen);
        auto listing = ListReader(folders, disk, before, most).read();
        if (!listing) return pass(listing);
        const auto after = times_of(folders);
        if (!after) return pass(after);
        const bool stood_still = *times == *after;
        if (!stood_still && reading < most_readings) continue;
        return ListingThen{.listing = std::make_shared<const Listing>(std::move(*listing)),
                           .times = *times,
                           .is_settled = is_settled && stood_still};
    }
}

} // namespace metka::maildir
