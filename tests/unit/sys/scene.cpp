#include "tests/unit/sys/scene.h"

#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace metka::sys {

namespace {

void make_file(const std::string& path)
{
    std::ofstream(path) << "content of " << path;
    chmod(path.c_str(), 0666);
}

} // namespace

Scene::Scene() : folder_((std::filesystem::temp_directory_path() / "metka-scene-XXXXXX").string())
{
    REQUIRE(mkdtemp(folder_.data()) != nullptr);
    chmod(folder_.c_str(), 0755);
    for (const auto* const folder : {"directory", "mail", "store", "secrets", "queue", "mail/gone"}) {
        REQUIRE(mkdir(path(folder).c_str(), 0700) == 0);
        chmod(path(folder).c_str(), 0777);
    }
    for (const auto* const file : {"secrets/secrets.db", "store/memory.db", "queue/message", "metka.yaml",
                                   "mail/read", "mail/overwrite", "mail/truncate", "mail/link", "mail/rename",
                                   "mail/unlink", "mail/held", "mail/mode"})
        make_file(path(file));
    make_file(path("mail/own"));
    if (getuid() == 0)
        REQUIRE(chown(path("mail/own").c_str(), 65534, 65534) == 0); // nobody's, as the programs are
    REQUIRE(sqlite3_open(database().c_str(), &writer_) == SQLITE_OK);
    REQUIRE(sqlite3_exec(writer_, "PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (7)",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
    for (const std::string end : {"", "-wal", "-shm"})
        REQUIRE(chmod((database() + end).c_str(), 0666) == 0);
}

Scene::~Scene()
{
    sqlite3_close(writer_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

settings::Settings Scene::settings() const
{
    settings::Settings made;
    made.state_folder = folder_;
    for (auto* const user :
         {&made.users_store, &made.users_smtp, &made.users_access, &made.users_auth, &made.users_errand})
        *user = "nobody";
    made.users_directory_group = "nogroup";
    return made;
}

namespace {

Descriptor listen_somewhere(sockaddr_in& address)
{
    Descriptor made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (!made) return {};
    if (bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    listen(made.get(), 8);
    getsockname(made.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return made;
}

} // namespace

Held::Held(const Scene& scene)
    : stranger(getppid()),
      mail(open(scene.path("mail/held").c_str(), O_RDONLY | O_CLOEXEC)),
      socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      caller(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      program(open("/bin/true", O_RDONLY | O_CLOEXEC))
{
    sockaddr_in other{};
    shut_listener = listen_somewhere(other);
    listener = listen_somewhere(address);
    connect(caller.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

} // namespace metka::sys
