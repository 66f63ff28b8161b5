#pragma once
// Who is asked: recursive servers as libunbound writes them, "192.0.2.1@53".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace metka::resolver {

// The servers of a resolv.conf(5); the one on this machine if it names none.
std::vector<std::string> servers_in(std::string_view resolv_conf);

std::vector<std::uint16_t> ports_of(const std::vector<std::string>& servers);

} // namespace metka::resolver
