#include "daemon/metkad/configuration/sources.h"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/sys/file.h"

namespace metka::metkad {

namespace {

constexpr auto largest_file = 1_MiB;
constexpr std::size_t most_drop_ins = 100;
constexpr std::size_t longest_path = 4096;
constexpr std::string_view ending = ".yaml";

Fault fault_of(int error_number)
{
    if (error_number == ENOENT) return Fault::not_found;
    return error_number == EACCES ? Fault::denied : Fault::io;
}

// O_NONBLOCK: the other end of a FIFO is never waited for.
Result<sys::Descriptor> open(const std::string& path, int flags)
{
    sys::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags));
    if (file) return file;
    const int number = errno;
    auto error = fail_errno(number, "opening " + escaped(path, longest_path));
    error.error().fault = fault_of(number);
    return error;
}

Result<void> check_owner(const std::string& path, const struct stat& status)
{
    if (geteuid() != 0) return {};
    const auto name = escaped(path, longest_path);
    if (status.st_uid != 0)
        return fail(Fault::invalid,
                    "{} belongs to user {}, who could have root do anything; root must own it: chown root {}",
                    name, status.st_uid, name);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(Fault::invalid,
                    "{} is writable by others than root, who could have root do anything; take that away: "
                    "chmod go-w {}",
                    name, name);
    return {};
}

Result<settings::Source> read_source(const std::string& path)
{
    const auto file = open(path, 0);
    const auto name = escaped(path, longest_path);
    if (!file && file.error().fault == Fault::not_found)
        return fail(Fault::invalid, "the file {} is not there; metka.yaml(5) says what belongs into it",
                    name);
    if (!file) return pass(file);
    const auto status = sys::status_of(file->get());
    if (!status) return pass(status);
    if (!S_ISREG(status->st_mode))
        return fail(Fault::invalid, "{} is not a regular file; settings are read from those alone", name);
    const auto rightful = check_owner(path, *status);
    if (!rightful) return pass(rightful);
    auto text = sys::read_whole(file->get(), largest_file);
    if (!text && text.error().fault == Fault::limit)
        return fail(Fault::limit, "{} is larger than 1 MiB, the most that a file of settings may be", name);
    if (!text)
        return std::unexpected(
            Error{.fault = text.error().fault, .text = fmt::format("{}: {}", name, text.error().text)});
    return settings::Source{.file = path, .text = std::move(*text)};
}

bool is_drop_in(const std::string& name)
{
    return !name.starts_with('.') && name.ends_with(ending);
}

std::string drop_in_folder(const std::string& config)
{
    const std::filesystem::path path(config);
    return (path.parent_path() / (path.stem().string() + ".d")).string();
}

Result<std::vector<std::string>> drop_in_paths(const std::string& folder)
{
    const auto opened = open(folder, 0);
    if (!opened && opened.error().fault == Fault::not_found) return std::vector<std::string>();
    if (!opened) return pass(opened);
    const auto status = sys::status_of(opened->get());
    if (!status) return pass(status);
    if (!S_ISDIR(status->st_mode))
        return fail(Fault::invalid, "{} is not a folder; drop-ins are files in a folder of that name",
                    escaped(folder, longest_path));
    const auto rightful = check_owner(folder, *status);
    if (!rightful) return pass(rightful);
    auto listed = sys::names_in(opened->get());
    if (!listed) return pass(listed);
    auto& names = *listed;
    std::erase_if(names, [](const std::string& name) { return !is_drop_in(name); });
    if (names.size() > most_drop_ins)
        return fail(Fault::limit, "{} has {} drop-ins; the most is {}, so join some of them",
                    escaped(folder, longest_path), names.size(), most_drop_ins);
    std::ranges::sort(names);
    for (auto& name : names)
        name.insert(0, folder + "/");
    return listed;
}

} // namespace

Result<std::vector<settings::Source>> read_sources(const std::string& config)
{
    auto drop_ins = drop_in_paths(drop_in_folder(config));
    if (!drop_ins) return pass(drop_ins);
    std::vector<settings::Source> sources;
    drop_ins->insert(drop_ins->begin(), config);
    for (const auto& path : *drop_ins) {
        auto source = read_source(path);
        if (!source) return pass(source);
        sources.push_back(std::move(*source));
    }
    return sources;
}

} // namespace metka::metkad
