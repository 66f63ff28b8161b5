// The floor under every mail server: what the bare calls cost that make messages durable in a folder, without
// any protocol. Each of WRITERS threads makes its share of FILES.
//
//     bench-floor FOLDER WRITERS FILES OCTETS
//
// Prints a line a form: its name, messages (names) made a second, CPU microseconds a message.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr unsigned files_a_batch = 16; // a thread
constexpr unsigned names_a_file = 20;

void must(bool held, const char* call)
{
    if (held) return;
    std::perror(call);
    std::_Exit(70);
}

struct Share {
    std::string folder; // of the thread's own
    unsigned files = 0;
    std::string content;
};

int write_unnamed(const Share& share)
{
    const int file = open(share.folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    must(file >= 0, "O_TMPFILE");
    must(write(file, share.content.data(), share.content.size()) ==
             static_cast<ssize_t>(share.content.size()),
         "write");
    return file;
}

void name_it(int file, const Share& share, const std::string& name)
{
    const auto source = "/proc/self/fd/" + std::to_string(file);
    const auto target = share.folder + "/" + name;
    must(linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) == 0, "linkat");
}

void one_by_one(const Share& share)
{
    for (unsigned n = 0; n < share.files; ++n) {
        const int file = write_unnamed(share);
        name_it(file, share, "one" + std::to_string(n));
        must(fsync(file) == 0, "fsync");
        close(file);
    }
}

// On ext4 with a journal, one commit carries all names of the batch: the data was written back before it.
void in_batches(const Share& share)
{
    constexpr unsigned finish =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    for (unsigned done = 0; done < share.files;) {
        std::vector<int> files;
        while (files.size() < files_a_batch && done + files.size() < share.files)
            files.push_back(write_unnamed(share));
        for (const int file : files)
            must(sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE) == 0, "sync_file_range");
        for (const int file : files)
            must(sync_file_range(file, 0, 0, finish) == 0, "sync_file_range");
        for (const int file : files)
            name_it(file, share, "batch" + std::to_string(done++));
        must(fsync(files.back()) == 0, "fsync");
        for (const int file : files)
            close(file);
    }
}

void many_names(const Share& share)
{
    for (unsigned n = 0; n * names_a_file < share.files; ++n) {
        const int file = write_unnamed(share);
        for (unsigned name = 0; name < names_a_file; ++name)
            name_it(file, share, "many" + std::to_string(n) + "." + std::to_string(name));
        must(fsync(file) == 0, "fsync");
        close(file);
    }
}

double cpu_seconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Form {
    const char* name;
    void (*make)(const Share&);
};
constexpr Form forms[] = {
    {"each file: write, link, fsync", one_by_one},
    {"batches of 16: write back all, link all, one fsync", in_batches},
    {"one file with 20 names, one fsync", many_names},
};

void measure(const Form& form, const std::vector<Share>& shares)
{
    ::sync();
    const double before = cpu_seconds();
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    threads.reserve(shares.size());
    for (const auto& share : shares)
        threads.emplace_back([&form, &share] { form.make(share); });
    for (auto& thread : threads)
        thread.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const double messages = static_cast<double>(shares.size()) * shares.front().files;
    std::printf("%s\t%.1f\t%.2f\n", form.name, messages / took.count(),
                1e6 * (cpu_seconds() - before) / messages);
}

} // namespace

int main(int count, char** words)
{
    if (count != 5) {
        std::fputs("usage: bench-floor FOLDER WRITERS FILES OCTETS\n", stderr);
        return 64;
    }
    const unsigned long writers = std::strtoul(words[2], nullptr, 10);
    std::vector<Share> shares(writers);
    for (unsigned long n = 0; n < writers; ++n) {
        const auto files = static_cast<unsigned>(std::strtoul(words[3], nullptr, 10) / writers);
        shares[n] = {.folder = words[1] + ("/writer" + std::to_string(n)),
                     .files = files / names_a_file * names_a_file,
                     .content = std::string(std::strtoul(words[4], nullptr, 10), 'x')};
        must(mkdir(shares[n].folder.c_str(), 0700) == 0, "mkdir");
    }
    for (const auto& form : forms)
        measure(form, shares);
}
