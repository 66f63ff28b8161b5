#include "core/settings/yaml.h"

#include <algorithm>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <fmt/format.h>

#include "core/base/text.h"

namespace metka::settings {

namespace {

constexpr std::string_view alias_text =
    "a plain * begins an alias, which settings do not have; put the value in quotes, like \"*:25\"";

Place place_of(const YAML::Mark& mark)
{
    if (mark.is_null()) return {1, 1};
    return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

// Leaves the parser from inside its events; caught in read_yaml.
struct Refused {
    YamlFault fault;
};

[[noreturn]] void refuse(const YAML::Mark& mark, std::string text)
{
    throw Refused{{place_of(mark), std::move(text)}};
}

class TreeBuilder final : public YAML::EventHandler {
  public:
    explicit TreeBuilder(YamlLimits limits) : limits_(limits) {}
    YamlNode take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override
    {
        if (documents_++ > 0) refuse(mark, "a second document begins here; settings are one document");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override
    {
        accept(mark, "", anchor);
        attach(node(YamlNode::Shape::nothing, mark));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, std::string(alias_text)); }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override
    {
        accept(mark, tag, anchor);
        auto scalar = node(YamlNode::Shape::scalar, mark);
        scalar.text = value;
        attach(std::move(scalar));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override
    {
        accept(mark, tag, anchor);
        open_.push_back(node(YamlNode::Shape::list, mark));
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override
    {
        accept(mark, tag, anchor);
        open_.push_back(node(YamlNode::Shape::map, mark));
    }
    void OnMapEnd() override { close(); }

  private:
    static YamlNode node(YamlNode::Shape shape, const YAML::Mark& mark)
    {
        return {.shape = shape, .place = place_of(mark), .text = {}, .keys = {}, .items = {}};
    }

    void accept(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor)
    {
        const bool tagged =
            !tag.empty() && tag != "?" && tag != "!"; // what yaml-cpp says of plain and quoted text
        if (tagged) refuse(mark, "settings have no tags; leave out the word that begins with !");
        if (anchor != 0) refuse(mark, "settings have no anchors; leave out the word that begins with &");
        if (open_.size() >= limits_.levels)
            refuse(mark, fmt::format("nested deeper than {} levels", limits_.levels));
        if (++values_ > limits_.values) refuse(mark, fmt::format("more than {} values", limits_.values));
    }

    void close()
    {
        auto done = std::move(open_.back());
        open_.pop_back();
        attach(std::move(done));
    }

    void attach(YamlNode child)
    {
        if (open_.empty()) {
            root_ = std::move(child);
            return;
        }
        auto& parent = open_.back();
        const bool is_key = parent.shape == YamlNode::Shape::map && parent.keys.size() == parent.items.size();
        if (is_key && child.shape != YamlNode::Shape::scalar)
            throw Refused{{child.place, "a key is missing here, or is not a word"}};
        (is_key ? parent.keys : parent.items).push_back(std::move(child));
    }

    YamlLimits limits_;
    YamlNode root_;
    std::vector<YamlNode> open_;
    std::size_t values_ = 0;
    std::size_t documents_ = 0;
};

Place place_at(std::string_view text, std::size_t offset)
{
    const auto before = text.substr(0, offset);
    const auto line_start = before.rfind('\n') + 1; // npos + 1 is 0
    return {static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1, offset - line_start + 1};
}

// Editors and terminals disagree about the rest of the control characters, so a file with one is not what it
// seems.
std::expected<void, YamlFault> check_text(std::string_view text, std::size_t most_bytes)
{
    if (text.size() > most_bytes)
        return std::unexpected(YamlFault{{1, 1}, fmt::format("larger than {} KiB", most_bytes >> 10)});
    std::size_t start = 0;
    for (const auto line : split(text, '\n')) {
        if (!is_utf8(line))
            return std::unexpected(YamlFault{place_at(text, start), "this line is not UTF-8 text"});
        const auto odd = std::ranges::find_if(line, [&](const char& c) {
            const bool line_end = c == '\r' && &c == &line.back();
            return has_control({&c, 1}) && c != '\t' && !line_end;
        });
        const auto at = start + static_cast<std::size_t>(odd - line.begin());
        if (odd != line.end()) return std::unexpected(YamlFault{place_at(text, at), "a control character"});
        if (trim(line) != "" && line.substr(0, line.find_first_not_of(" \t")).contains('\t'))
            return std::unexpected(
                YamlFault{place_at(text, start), "indented with a tab; YAML wants blanks"});
        start += line.size() + 1;
    }
    return {};
}

// yaml-cpp looks an alias up before it tells of it, so `*:25` comes here as an anchor that is not defined.
YamlFault syntax_fault(std::string_view text, const YAML::Exception& error)
{
    const auto place = place_of(error.mark);
    const auto at = static_cast<std::size_t>(std::max(error.mark.pos, 0));
    if (at < text.size() && text[at] == '*') return {place, std::string(alias_text)};
    return {place,
            fmt::format("not YAML: {}; a value that begins with [ or * or contains “: ” goes in quotes",
                        escaped(error.msg))};
}

std::expected<YamlNode, YamlFault> parse(std::string_view text, YamlLimits limits)
{
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        TreeBuilder builder(limits);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take_root();
    } catch (const Refused& refused) {
        return std::unexpected(refused.fault);
    } catch (const YAML::Exception& error) {
        return std::unexpected(syntax_fault(text, error));
    }
}

} // namespace

std::expected<YamlNode, YamlFault> read_yaml(std::string_view text, YamlLimits limits)
{
    const auto readable = check_text(text, limits.bytes);
    if (!readable) return std::unexpected(readable.error());
    return parse(text, limits);
}

} // namespace metka::settings
